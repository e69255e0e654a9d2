"""What the questions begin with passes every check, so that a render need not load one."""

from __future__ import annotations

import json
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from copier._jinja_ext import CopierTemplateLoader

from tests.hooks.test_service import ANSWERS
from tests.support.render import choices, questions, render

if TYPE_CHECKING:
    from tests.hooks.conftest import Call

SOURCES = choices("sources")
ENVIRONMENTS = [{"name": "dev"}, {"name": "staging"}, {"name": "prod"}]
SHIFTS = choices("traffic_shift")
LONGEST = "s" * 24


def starter(call: Call, sources: list[str], *options: str) -> Any:
    return json.loads(call("starter", "starter", sources, *options))


# Each kind of secret and of cache: the two ask for nothing of each other.
OPTIONS = [("none", kind) for kind in choices("cache")]
OPTIONS += [(kind, "none") for kind in choices("secrets") if kind != "none"]


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("size", range(1, len(SOURCES) + 1))
def test_every_starting_list_passes_every_check(
    call: Call, size: int, options: tuple[str, str]
) -> None:
    for chosen in combinations(SOURCES, size):
        sources = [*chosen]
        functions = starter(call, sources, *options)
        assert {function["source"] for function in functions} == set(sources)
        assert any(function.get("cache") for function in functions) == (options[1] != "none")
        # Not every Region has DAX, so that answer is always looked at.
        arguments = functions, sources, *options, LONGEST, ENVIRONMENTS
        left_alone = "" if "dax" in options else "yes"
        assert call("starter", "untouched", *arguments) == left_alone
        assert call("checks/functions", "check", functions, SOURCES, *options, LONGEST) == ""
        for shifts in (SHIFTS, []):
            of_service = functions, LONGEST, shifts, options[1], "eu-west-1"
            assert call("checks/environments", "check", ENVIRONMENTS, *of_service) == ""


def test_every_starting_list_fits_the_quota(call: Call) -> None:
    answers = {**ANSWERS, "environments": ENVIRONMENTS, "cache": "elasticache"}
    functions = starter(call, SOURCES, "none", "elasticache")
    environments = json.loads(call("service", "environments_of", functions, **answers))
    assert call("checks/quota", "check_quota", environments, 1000) == ""


def test_the_environments_are_those_of_the_question(call: Call) -> None:
    functions = starter(call, ["http"], "none")
    asked = questions()["environments"]["default"]
    assert yaml.safe_load(asked) == ENVIRONMENTS
    arguments = functions, ["http"], "none", "none", "orders"
    assert call("starter", "untouched", *arguments, ENVIRONMENTS) == "yes"


@pytest.mark.parametrize(
    ("functions", "slug", "environments"),
    [
        ([{"name": "a", "source": "queue"}], "orders", ENVIRONMENTS),
        (None, "s" * 25, ENVIRONMENTS),
        (None, "orders", ENVIRONMENTS[:2]),
    ],
    ids=["a function", "a longer slug", "an environment"],
)
def test_what_was_changed_is_checked(
    call: Call, functions: Any, slug: str, environments: Any
) -> None:
    functions = functions or starter(call, ["queue"], "none")
    assert call("starter", "untouched", functions, ["queue"], "none", slug, environments) == ""


def test_a_stock_render_of_the_defaults_loads_no_check_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Most of a render's time is Jinja's compilation, so what is not needed is not loaded."""
    loaded: list[str] = []
    stock = CopierTemplateLoader.get_source

    def noting(self: CopierTemplateLoader, environment: Any, template: str) -> Any:
        loaded.append(template)
        return stock(self, environment, template)

    monkeypatch.setattr(CopierTemplateLoader, "get_source", noting)
    render({}, stock=True)
    assert "hooks/service.jinja" in loaded
    # These three are asked with every choice that might not fit, chosen or not.
    offered = {
        "hooks/checks/region.jinja",
        "hooks/checks/stages.jinja",
        "hooks/checks/startup.jinja",
    }
    assert {name for name in loaded if name.startswith("hooks/checks/")} == offered
