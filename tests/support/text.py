"""What no rendered text file may hold, whatever it is."""

from __future__ import annotations

import html
import re

SYNTAX = re.compile(
    r"\{%|%\}|\{#|#\}|(?<!\$)\{\{(?!resolve:)|_copier_|StrictUndefined|\bUndefined\b"
)
"""The template's own language; CloudFormation's `{{resolve:…}}` is not."""

IN_PYTHON = re.compile(r"\{%|%\}|\{#|(?<!\{)\{\{-? |_copier_")
"""The same where f-strings double braces: with the space that our templates put there."""

MARKDOWN_ESCAPE = re.compile(r"\\(?=[!-/:-@\[-`{-~])")

FOREIGN = re.compile(r"\$\{\{[^}]*\}\}|\$\{[^}]*#[^}]*\}|\{\{\.[A-Za-z.]+\}\}|\"\{% \$[^\"]* %\}\"")
"""What looks like it: GitHub's `${{ x }}`, a shell's `${name#prefix}`, Go's `{{.Field}}`, a state
machine's `"{% $x %}"`."""

PLACEHOLDER = re.compile(r"\b(TODO|FIXME|XXX|lorem ipsum|cookiecutter|changeme)\b", re.IGNORECASE)


def problems(file: str, text: str, answers: tuple[str, ...] = ()) -> list[str]:
    """One line per fault of `text`, the content of `file` (POSIX path in the project).

    `answers` are texts that people chose, in which anything may stand.
    """
    if not text:
        empty_by_right = file.endswith(("__init__.py", "py.typed"))
        return [] if empty_by_right else [f"{file} is empty"]
    faults = {
        "does not end with just one newline": not text.endswith("\n") or text.endswith("\n\n"),
        "starts with a blank line": text.startswith("\n"),
        "has a run of blank lines": ("\n\n\n" if file.endswith(".md") else "\n\n\n\n") in text,
        "has carriage returns": "\r" in text,
    }
    found = [f"{file} {fault}" for fault, present in faults.items() if present]
    for number, line in enumerate(text.split("\n"), 1):
        faults_here = _line(file, line, answers)
        found += [f"{fault} in {file}:{number}: {line.strip()}" for fault in faults_here]
    return found


def _line(file: str, line: str, answers: tuple[str, ...]) -> list[str]:
    plain = html.unescape(MARKDOWN_ESCAPE.sub("", line)) if file.endswith(".md") else line
    if file.endswith(".py"):  # in single quotes, as the formatter has a text that holds double ones
        plain = plain.replace("\\'", "'")
    for answer in answers:
        plain = plain.replace(answer, "")
    plain = FOREIGN.sub("", plain)
    syntax = IN_PYTHON if file.endswith(".py") else SYNTAX
    faults = {
        "space at the end": line != line.rstrip(),
        "a tab": "\t" in line and not file.endswith(("Makefile", ".mk")),
        # Copier's own names stand in its answers file.
        "template syntax": bool(syntax.search(plain)) and file != ".copier-answers.yml",
        "a placeholder": bool(PLACEHOLDER.search(plain)),
    }
    return [fault for fault, present in faults.items() if present]
