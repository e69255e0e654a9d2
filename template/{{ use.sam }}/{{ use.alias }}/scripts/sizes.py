"""The sizes of a function in template.yaml, which its package carries along."""

import re

from scripts.service import ROOT, Function

SIZE = re.compile(r" +(MemorySize|Timeout): \d+")


def sizes(function: Function) -> str:
    """Memory and timeout of a function in each environment, as template.yaml has them.

    SAM publishes a version when a package changes or the text of a function's properties, but does
    not look into Mappings: without this a new size would reach $LATEST and never the alias.
    """
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    mapping = re.search(rf"^  {function.id}Sizes:\n((?:    .*\n)+)", text, re.MULTILINE)
    if not mapping:
        return ""
    return "".join(
        f"{line}\n"
        for line in mapping[1].splitlines()
        if SIZE.fullmatch(line) or line.endswith(":")
    )
