"""docs/questions.md is what copier.yml says."""

from __future__ import annotations

from tests.questions import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_the_page_follows_a_changed_question() -> None:
    assert "| `monthly_budget` ◦ | int: `50` |" in page()
