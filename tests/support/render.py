"""Render the template in process: the one way in which tests make projects.

`render` refuses what Copier would let pass silently: an answer whose name is not a question
(Copier ignores unknown ``data``) and an answer to a computed question. Underneath is Copier's own
`run_copy`, never trusted. By default two costs that only repetition has are taken out (see
`fast_copier`); ``stock=True`` is Copier untouched, and a test proves both byte-equal.
"""

from __future__ import annotations

import atexit
import difflib
import json
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import copier
import jinja2
from copier._jinja_ext import get_yield_context
from copier._main import Worker
from copier._template import filter_config, load_template_config
from copier.errors import MissingFileWarning

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType

ROOT = Path(__file__).resolve().parents[2]
"""The repository's root."""

SOURCES = ("copier.yml", "hooks", "includes", "template")
"""What a render reads; everything else in the repository is about the template, not of it."""

Answers = Mapping[str, Any]


class UnknownAnswerError(ValueError):
    """An answer is given to no question, or to one that is computed."""


@dataclass(frozen=True)
class Rendered:
    """One rendered project.

    `path` is its folder, `answers` are the answers given plus every default taken (without the
    computed ones), `service` is the normalised model which the templates read. `sources` pairs each
    file of `template/` with the file it wrote, in order; empty after a stock render.
    """

    path: Path
    answers: Answers
    service: Mapping[str, Any]
    sources: tuple[tuple[str, str], ...] = ()

    @cached_property
    def files(self) -> tuple[str, ...]:
        """Every file as a sorted tuple of POSIX paths relative to `path`; no `.git`."""
        return tuple(files_of(self.path))

    def text(self, name: str) -> str:
        """The text of the file called `name` (POSIX path relative to `path`)."""
        return (self.path / name).read_text(encoding="utf-8")


def files_of(root: Path) -> list[str]:
    """Sorted POSIX paths of the files below `root`, without git's and Python's own."""
    found = (path.relative_to(root) for path in root.rglob("*") if not path.is_dir())
    return sorted(path.as_posix() for path in found if not {".git", "__pycache__"} & {*path.parts})


@cache
def config() -> tuple[dict[str, Any], dict[str, Any]]:
    """copier.yml as Copier reads it: (settings without their underscore, questions by name)."""
    settings, questions = filter_config(load_template_config(ROOT / "copier.yml"))
    return settings, questions


def is_computed(question: Mapping[str, Any]) -> bool:
    """Whether nobody is ever asked: `when` is false outright."""
    return question.get("when") is False


@cache
def questions() -> dict[str, Any]:
    """The questions that take an answer, by name, in the order in which they are asked."""
    return {name: asked for name, asked in config()[1].items() if not is_computed(asked)}


def choices(question: str) -> list[Any]:
    """The values that `question` offers, in order; of a choice with a validator, its value."""
    offered = questions()[question]["choices"]
    if isinstance(offered, str):
        message = f"the choices of {question} are computed: {offered}"
        raise TypeError(message)
    pairs = offered.items() if isinstance(offered, dict) else offered
    values = []
    for pair in pairs:
        value = pair[1] if isinstance(pair, tuple | list) else pair
        values.append(value["value"] if isinstance(value, dict) else value)
    return values


def check_names(answers: Answers) -> None:
    """Raise `UnknownAnswerError` naming the first answer that no question takes."""
    for name in answers:
        if name not in questions():
            near = difflib.get_close_matches(name, questions(), n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            what = "computed, not answered" if name in config()[1] else "no question"
            message = f"{name!r} is {what}{hint}"
            raise UnknownAnswerError(message)


def copy_sources(destination: Path, root: Path = ROOT) -> Path:
    """Copy what a render reads from the working tree (tracked or new, never ignored) and return it.

    A plain directory: Copier needs no clone for it and records no version.
    """
    listed = subprocess.run(
        [
            "git",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
            *SOURCES,
        ],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        if (root / name).exists():  # listed but deleted in the working tree otherwise
            target = destination / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, target)
    return destination


@cache
def snapshot() -> Path:
    """The template as it was when this process first asked: a plain directory, removed at exit."""
    return copy_sources(_temporary("template-"))


def _temporary(prefix: str) -> Path:
    """A new folder, removed when the process ends."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


_compiled: dict[tuple[object, ...], CodeType] = {}


@contextmanager
def fast_copier() -> Iterator[list[tuple[str, str]]]:
    """Copier without what it repeats in every render; for tests only. Yields (source, file) pairs.

    Copier makes a new Jinja environment for each render and so compiles every file and every path
    part again: 88 % of the time. Compiled code depends on the source and the environment's options
    alone, so it is kept by these. And it runs git for each file to mend executable bits where
    `core.fileMode` is false, which it is not here.
    """
    stock_compile: Callable[..., CodeType] = jinja2.Environment.compile
    stock_sync = Worker._sync_git_index_executable_bit  # noqa: SLF001
    stock_file = Worker._render_file  # noqa: SLF001
    sources: list[tuple[str, str]] = []

    def noted(
        self: Worker, source: Path, written: Path, extra_context: dict[str, Any] | None = None
    ) -> None:
        sources.append((source.as_posix(), written.as_posix()))
        stock_file(self, source, written, extra_context)

    def memoised(
        self: jinja2.Environment,
        source: str | jinja2.nodes.Template,
        name: str | None = None,
        filename: str | None = None,
        **options: bool,
    ) -> str | CodeType:
        if options or not isinstance(source, str):
            return stock_compile(self, source, name, filename, **options)
        key = (
            source,
            name,
            type(self),
            self.block_start_string,
            self.variable_start_string,
            self.comment_start_string,
            self.trim_blocks,
            self.lstrip_blocks,
            self.keep_trailing_newline,
            tuple(sorted(self.extensions)),
        )
        if key in _compiled:
            # Copier's extension forgets the last `yield` when it is about to compile.
            context = get_yield_context(self)
            context.yield_name = context.yield_iterable = None
        else:
            _compiled[key] = stock_compile(self, source, name, filename)
        return _compiled[key]

    jinja2.Environment.compile = memoised  # type: ignore[method-assign, assignment]
    Worker._sync_git_index_executable_bit = lambda *_: None  # type: ignore[method-assign]  # noqa: SLF001
    Worker._render_file = noted  # type: ignore[method-assign, assignment]  # noqa: SLF001
    try:
        yield sources
    finally:
        jinja2.Environment.compile = stock_compile  # type: ignore[method-assign, assignment]
        Worker._sync_git_index_executable_bit = stock_sync  # type: ignore[method-assign]  # noqa: SLF001
        Worker._render_file = stock_file  # type: ignore[method-assign]  # noqa: SLF001


def render(
    answers: Answers | None = None,
    dest: Path | None = None,
    *,
    stock: bool = False,
    source: Path | str | None = None,
    vcs_ref: str | None = None,
) -> Rendered:
    """Render a project from `answers` (defaults for the rest) into `dest` (a new folder if None).

    `source` is the template, `snapshot()` unless given; `vcs_ref` for a git source. Raises
    `UnknownAnswerError` for an answer nothing asks for and whatever Copier raises for a bad one.
    Without `dest` the folder goes when the process ends.
    """
    answers = dict(answers or {})
    check_names(answers)
    dest = dest or _temporary("project-") / "project"
    with warnings.catch_warnings():
        # `_external_data` points at the answers file, which a new project does not have yet.
        warnings.simplefilter("ignore", MissingFileWarning)
        sources: list[tuple[str, str]] = []
        if stock:
            worker = _copy(answers, dest, source or snapshot(), vcs_ref)
        else:
            with fast_copier() as sources:
                worker = _copy(answers, dest, source or snapshot(), vcs_ref)
    combined = worker.answers.combined
    return Rendered(
        path=dest,
        answers={name: combined[name] for name in questions() if name in combined},
        service=cast("Mapping[str, Any]", combined["service"]),
        sources=tuple(sources),
    )


def _copy(answers: Answers, dest: Path, source: Path | str, vcs_ref: str | None) -> Worker:
    return copier.run_copy(
        str(source),
        dest,
        data=dict(answers),
        defaults=True,
        quiet=True,
        vcs_ref=vcs_ref,
    )


def key(answers: Answers) -> str:
    """One string for equal answers, whatever their order."""
    return json.dumps(answers, sort_keys=True, ensure_ascii=False)


def command(answers: Answers, destination: str = "DEST") -> str:
    """The command line that renders `answers` from this repository, to paste into a shell."""
    data = [f"--data {_quoted(f'{name}={_scalar(value)}')}" for name, value in answers.items()]
    return " ".join(["copier copy --defaults --vcs-ref HEAD", *data, ".", destination])


def _scalar(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
