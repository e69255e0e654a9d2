"""The combinations: the full product of the structural choices, a covering set, function lists."""

from __future__ import annotations

from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING, Any

from allpairspy import AllPairs

from tests.support.answers import (
    BESIDE,
    FUNCTION_LISTS,
    KEEP_THEIR_OWN,
    OF_THE_API,
    completed,
    refused_by_cdk,
    values,
)
from tests.support.render import key, questions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STRUCTURE = (
    "iac",
    "cicd",
    "layers",
    "alias_strategy",
    "traffic_shift",
    "environments",
    "observability",
)
"""The questions of the full product, of those that copier.yml asks."""

Combination = dict[str, Any]


def full_product() -> Iterator[Combination]:
    """Every combination of the values of `STRUCTURE`, the other questions at their defaults."""
    axes = [name for name in STRUCTURE if name in questions()]
    # The last list of environments, with its own shifts, is left to the covering set.
    offered = [values(axis)[:3] if axis == "environments" else values(axis) for axis in axes]
    for values_of_axes in product(*offered):
        row = dict(zip(axes, values_of_axes, strict=True))
        if row["iac"] != "cdk" or not refused_by_cdk(row):
            yield completed(row)


def _changed(answers: Combination, name: str) -> bool:
    return bool(answers.get(name, values(name)[0]) != values(name)[0])


WITHOUT_SNAPSTART = {"us-gov-west-1"}
WITHOUT_DAX = {"us-gov-west-1", "eu-north-1"}
"""Of the sampled Regions; hooks/limits.jinja has all."""


def _regions(answers: Combination) -> set[str]:
    environments = answers.get("environments") or []
    return {answers.get("aws_region", ""), *(place.get("region", "") for place in environments)}


def _has_its_place(answers: Combination) -> bool:
    """Whether the Regions have the cache, and a VPC is named for a cache only."""
    kind = answers.get("cache")
    functions = answers.get("functions")
    if functions is not None and not any(function.get("cache") for function in functions):
        kind = "none"
    named = any("vpc" in place for place in answers.get("environments") or [])
    return not (named and kind == "none") and not (
        kind == "dax" and _regions(answers) & WITHOUT_DAX
    )


def _can_start(answers: Combination, *, http: bool) -> bool:
    """Whether `startup` has a meaning: with an alias, where AWS and the functions allow it."""
    match answers.get("startup", "none"):
        case "none":
            return True
        case "snapstart":
            possible = not _regions(answers) & WITHOUT_SNAPSTART
        case _:  # else nobody waits for an answer, and no function of the lists asks for it
            possible = http
    return possible and answers.get("alias_strategy") != "none"


ALARMS_OF_TWO = 2
"""So many functions may react to alarms where an alarm on what two aliases share starts them."""


def _in_one_stack(answers: Combination) -> bool:
    """Whether two aliases in one stack go with these answers."""
    functions = answers.get("functions") or ()
    return not (
        _changed(answers, "environments")
        or sum(function["source"] == "alarm" for function in functions) > ALARMS_OF_TWO
        or answers.get("cache", "none") != "none"
        or any(function.get("cache") for function in functions)
    )


def allowed(answers: Combination) -> bool:
    """Whether these answers, perhaps of a few questions only, are taken side by side."""
    taken = answers.get("iac") != "cdk" or not refused_by_cdk(answers)
    return taken and _has_a_meaning(answers)


def _has_a_meaning(answers: Combination) -> bool:
    functions = answers.get("functions")
    if functions is not None:
        sources = {function["source"] for function in functions}
        longest = max(len(function["name"]) for function in functions)
        if answers.get("sources", values("sources")[0]) != values("sources")[0]:
            return False  # `sources` only makes the list that `functions` gives
        secret = any(function.get("secret") for function in functions)
        if "secrets" in answers and secret != (answers["secrets"] != "none"):
            return False  # a secret is for somebody, and nobody has one that is not there
        cached = any(function.get("cache") for function in functions)
        if "cache" in answers and cached != (answers["cache"] != "none"):
            return False  # so is a cache
        if longest > 30 and len(answers.get("project_slug", "o")) > 1:
            return False  # the name in AWS would be too long
    else:
        sources = set(answers.get("sources", ["http", "schedule"]))
    meaningless: tuple[str, ...] = OF_THE_API if "http" not in sources else ()
    meaningless += ("dead_letters",) if sources <= KEEP_THEIR_OWN else ()
    for question, answer, names in BESIDE:
        meaningless += names if answers.get(question, answer) != answer else ()
    if any(_changed(answers, name) for name in meaningless):
        return False
    shifts = values("traffic_shift")[0]
    match answers.get("alias_strategy"):
        case "dev-prod":
            fits = _in_one_stack(answers)
        case "none":
            fits = answers.get("traffic_shift", shifts) == shifts
        case _:
            fits = True
    return fits and _can_start(answers, http="http" in sources) and _has_its_place(answers)


Place = tuple[int, int]
"""A question and one of its values, by their numbers."""


@cache
def _questions() -> tuple[list[str], list[list[Any]]]:
    """The names of the questions, and the values of each."""
    names = list(questions())
    return names, [values(name) for name in names]


def _named(row: Mapping[int, int]) -> Combination:
    names, offered = _questions()
    return {names[at]: offered[at][number] for at, number in row.items()}


def _allowed_pairs() -> list[tuple[Place, Place]]:
    numbers = [range(len(offered)) for offered in _questions()[1]]
    return [
        ((one, a), (other, b))
        for one, other in combinations(range(len(numbers)), 2)
        for a in numbers[one]
        for b in numbers[other]
        if allowed(_named({one: a, other: b}))
    ]


@cache
def covering() -> tuple[Combination, ...]:
    """Few combinations in which every allowed pair of values of all questions occurs.

    allpairspy finds most; where its search ends early, as it may between answers that exclude each
    other, rows are added that put as many missing pairs together as they can hold.
    """
    numbers = [list(range(len(offered))) for offered in _questions()[1]]
    found = AllPairs(numbers, filter_func=lambda row: allowed(_named(dict(enumerate(row)))))
    rows = [dict(enumerate(row)) for row in found]
    missing = _missing(_allowed_pairs(), rows)
    while missing:
        row: dict[int, int] = {}
        for pair in missing:
            wider = {**row, **dict(pair)}
            if wider.items() >= row.items() and allowed(_named(_filled(wider))):
                row = wider
        rows.append(_filled(row))
        left = _missing(missing, rows[-1:])
        if left == missing:  # `allowed` lets a pair through that no whole row can have
            message = f"no combination has {[_named(dict(pair)) for pair in left]}"
            raise ValueError(message)
        missing = left
    return tuple(_named(dict(sorted(row.items()))) for row in rows)


def _filled(row: Mapping[int, int]) -> dict[int, int]:
    """`row` with the first value of each other question that is allowed beside it."""
    filled = dict(row)
    for at, offered in enumerate(_questions()[1]):
        if at not in filled:
            fitting = (n for n in range(len(offered)) if allowed(_named({**filled, at: n})))
            filled[at] = next(fitting, 0)
    return filled


def _missing(
    pairs: Iterable[tuple[Place, Place]], rows: Iterable[Mapping[int, int]]
) -> list[tuple[Place, Place]]:
    places = [set(row.items()) for row in rows]
    return [pair for pair in pairs if not any(set(pair) <= row for row in places)]


def uncovered(rows: Iterable[Combination]) -> list[Combination]:
    """The allowed pairs of values that occur in none of `rows`."""
    names, offered = _questions()
    numbered = [{at: offered[at].index(row[name]) for at, name in enumerate(names)} for row in rows]
    return [_named(dict(pair)) for pair in _missing(_allowed_pairs(), numbered)]


def function_lists() -> Iterator[Combination]:
    """Each list of functions with the defaults; of one function, in the barest project too."""
    bare = {"layers": "none", "alias_strategy": "none", "idempotency": False}
    for functions in FUNCTION_LISTS.values():
        yield completed({"functions": functions})
        if len(functions) == 1:  # the others are crossed with other answers
            yield completed({"functions": functions, **bare, "observability": "cloudwatch"})


def everything() -> list[Combination]:
    """All combinations, each once, those with the fewest answers first."""
    rows = [{}, *full_product(), *map(completed, covering()), *function_lists()]
    distinct = {key(row): row for row in rows}
    return sorted(distinct.values(), key=len)
