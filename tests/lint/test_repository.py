"""This repository: what is committed is about the project and works elsewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.render import ROOT


def committed() -> list[str]:
    """Tracked or new files, as POSIX paths."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return sorted(
        name for name in set(listed.stdout.split("\0")) if name and (ROOT / name).is_file()
    )


LOCKS = {"uv.lock", "package-lock.json"}
"""Resolvers write the address they resolved from; anything else must name none."""

MACHINE = re.compile(
    r"(?<![\w./$~}-])/(?:home|root|work|Users|opt)/(?!runner\b|hostedtoolcache\b|python\b)[\w.-]+"
    r"|\b[A-Z]:\\\\?Users\b"
)
REGISTRY = re.compile(r"https?://[^\s\"']*(?:/simple\b|artifactory|nexus|/npm/|pypi\.[a-z]+\.)")


@pytest.mark.parametrize("name", [name for name in committed() if Path(name).name not in LOCKS])
def test_no_machine_or_registry_is_named(name: str) -> None:
    """Not the path of anybody's checkout, not a mirror's address."""
    try:
        text = (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        pytest.skip("binary")
    for number, line in enumerate(text.splitlines(), 1):
        assert not MACHINE.search(line), f"{name}:{number}: {line.strip()}"
        assert not REGISTRY.search(line), f"{name}:{number}: {line.strip()}"


def test_no_secret_is_committed() -> None:
    pattern = re.compile(
        r"\bAKIA(?!IOSFODNN7EXAMPLE)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    )
    for name in committed():
        text = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        assert not pattern.search(text), name


def test_no_file_is_large() -> None:
    """A clone is what every `copier update` pays for."""
    for name in committed():
        assert (ROOT / name).stat().st_size < 1_000_000, name


def test_scripts_are_executable() -> None:
    modes = subprocess.run(
        ["git", "ls-files", "--stage"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    for line in modes:
        mode, name = line.split()[0], line.split("\t", 1)[1]
        first = (ROOT / name).read_bytes()[:2] if (ROOT / name).is_file() else b""
        if first == b"#!":
            assert mode == "100755", f"{name} starts with #! and is not executable"


def test_make_help_lists_every_target() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    phony = set(re.findall(r"^\.PHONY: (\S+)$", text, re.MULTILINE))
    shown = subprocess.run(
        ["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    assert phony
    for target in phony:
        assert f"make {target}" in shown
