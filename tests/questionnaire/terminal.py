"""A person at the prompts: Copier in a pseudo-terminal, and what is typed there."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pexpect

from tests.support.cli import COPIER
from tests.support.releases import IDENTITY
from tests.support.render import questions

if TYPE_CHECKING:
    from pathlib import Path

ENTER = "\r"
SUBMIT_LINES = "\x1b\r"
"""Escape, Enter: what ends an answer of several lines."""
CLEAR = "\x01\x0b"
"""To the start of the line, then delete to its end."""
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\x1b[=>]")


class Terminal:
    """`copier copy <arguments>` in a pseudo-terminal of 200 columns."""

    def __init__(self, *arguments: str | Path, cwd: Path) -> None:
        """Start Copier; its prompts wait for `answer`."""
        self._seen: set[str] = set()
        self._helps: dict[str, str] = {
            question["help"]: name for name, question in questions().items()
        }
        environment = {**os.environ, **IDENTITY, "PROMPT_TOOLKIT_NO_CPR": "1", "TERM": "xterm"}
        self._process = pexpect.spawn(
            COPIER[0],
            [*COPIER[1:], "copy", *map(str, arguments)],
            cwd=str(cwd),
            env=environment,
            encoding="utf-8",
            timeout=30,
            dimensions=(60, 200),
        )
        self._output: list[str] = []

    def next(self) -> str | None:
        """The name of the next question that is prompted, None when Copier has ended."""
        while True:
            found = int(self._process.expect_exact([*self._helps, pexpect.EOF]))
            self._output.append(str(self._process.before))
            if found == len(self._helps):
                return None
            name = list(self._helps.values())[found]
            self._output.append(list(self._helps)[found])
            if name not in self._seen:  # a prompt is drawn again when it is answered
                self._seen.add(name)
                return name

    def type(self, keys: str) -> None:
        """Press `keys`."""
        self._process.send(keys)

    def wait(self, text: str) -> None:
        """Wait until `text` is shown."""
        self._process.expect_exact(text)
        self._output += [str(self._process.before), text]

    def answer(self, name: str) -> None:
        """Take what is offered to question `name`."""
        lines = questions()[name]["type"] in {"yaml", "json"}
        self.type(SUBMIT_LINES if lines else ENTER)

    def end(self) -> int:
        """Wait for Copier's end and return its exit status."""
        self._process.expect(pexpect.EOF)
        self._output.append(str(self._process.before))
        self._process.close()
        return int(self._process.exitstatus or 0)

    @property
    def text(self) -> str:
        """All that was shown so far, without colours."""
        return ESCAPES.sub("", "".join(self._output))
