"""The validators look: each finds what is wrong in a broken copy of a rendered pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.pipeline.validate import form

if TYPE_CHECKING:
    from tests.conftest import Render

BROKEN = {
    "schema: a misspelt key": (
        ".github/workflows/ci.yml",
        "timeout-minutes: 10",
        "timeout_minutes: 10",
        "ci.yml $.jobs.lint",
    ),
    "schema: renovate": ("renovate.json", '"schedule": [', '"schedule": [1, ', "renovate.json $"),
    "actionlint: a job that is not there": (
        ".github/workflows/deploy.yml",
        "needs: [ci, gate]",
        "needs: [ci, gates]",
        'needs job "gates"',
    ),
    "zizmor: a title in a command": (
        ".github/workflows/ci.yml",
        "run: make lint",
        'run: make lint TITLE="${{ github.event.pull_request.title }}"',
        "zizmor template-injection",
    ),
    "zizmor: an action by its tag": (
        ".github/workflows/ci.yml",
        "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1",
        "actions/checkout@v7.0.1",
        "zizmor unpinned-uses",
    ),
    "cfn-lint: a misspelt action": (
        "pipeline/bootstrap.yaml",
        "lambda:GetAccountSettings",
        "lambda:GetAccountSetting",
        "W3037",
    ),
}


@pytest.mark.parametrize(("file", "right", "wrong", "expected"), BROKEN.values(), ids=BROKEN)
def test_found(project: Render, file: str, right: str, wrong: str, expected: str) -> None:
    path = project({}).path
    text = (path / file).read_text(encoding="utf-8")
    assert right in text
    (path / file).write_text(text.replace(right, wrong), encoding="utf-8")
    found = form(path)
    assert any(expected in finding for finding in found), found
