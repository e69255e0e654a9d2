"""Make docs/practices.md from the catalogue and the evidence of the last test run.

    pytest --evidence && python -m tests.evidence

Each cell says the most that passing tests did for a practice on a tool. A cell is empty where no
test said anything and "failed" where one that did failed: nothing here is typed by hand.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING, Any

import yaml

from tests.support.evidence import EVIDENCE, GRADES, Record, load
from tests.support.render import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

CATALOGUE = ROOT / "docs" / "practices.yml"
PAGE = ROOT / "docs" / "practices.md"

_HEAD = """\
# Practices and their evidence

Made by `make evidence` from the catalogue in [practices.yml](practices.yml) and from what the tests
of the last full run proved; not edited by hand. A cell is the most that was done:

- **ran**: the behaviour was seen, in the code's own tests or on the emulator;
- **emulated**: the resource was deployed to the emulator and its effect read back;
- **static**: asserted on the rendered infrastructure (or files), because no emulator has the
  service or no behaviour shows it;
- empty: no test proves it there (yet).
"""


def cell(records: Iterable[Record]) -> str:
    """What the tests of one practice on one tool come to."""
    found = list(records)
    if not found:
        return ""
    if not all(record.passed for record in found):
        return "failed"
    return max((record.grade for record in found), key=GRADES.index)


def page(catalogue: Sequence[dict[str, Any]], records: Iterable[Record]) -> str:
    """The page as Markdown. Raises ValueError for evidence of a practice that isn't listed."""
    by_cell: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        by_cell[record.practice, record.tool].append(record)
    unknown = {practice for practice, _ in by_cell} - {item["id"] for item in catalogue}
    if unknown:
        message = f"evidence of unlisted practices: {', '.join(sorted(unknown))}"
        raise ValueError(message)
    lines = [_HEAD]
    for group, listed in groupby(catalogue, key=lambda item: item["group"]):
        items = list(listed)
        ids = {item["id"] for item in items}
        tools = sorted({tool for practice, tool in by_cell if practice in ids})
        header = ["ID", "practice", *tools]
        rows = [
            [item["id"], item["title"], *(cell(by_cell[item["id"], tool]) for tool in tools)]
            for item in items
        ]
        lines += [f"## {group}\n", _row(header), _row(["---"] * len(header))]
        lines += [*map(_row, rows), ""]
    return "\n".join(lines)


def _row(values: Iterable[str]) -> str:
    return f"| {' | '.join(values)} |"


def main(evidence: Path = EVIDENCE, target: Path = PAGE) -> int:
    """Write the page. Returns 1, with a word on what to do, when there is no evidence yet."""
    if not evidence.exists():
        print(f"no {evidence.name}: run pytest --evidence first", file=sys.stderr)
        return 1
    catalogue = yaml.safe_load(CATALOGUE.read_text())
    target.write_text(page(catalogue, load(evidence)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
