"""docs/expressions.md says what there is: no more, no less."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from treadle.dag.expressions import Context, compile_expression
from treadle.dag.expressions.filters import FILTERS
from treadle.dag.expressions.forms import FORMS
from treadle.dag.expressions.lexing import LEVELS, SOURCE_CHARACTERS
from treadle.dag.expressions.reference import refreshed, tables

PAGE = Path(__file__).parents[2] / "docs" / "expressions.md"


def test_the_reference_lists_every_operation() -> None:
    """Run `python -m treadle.dag.expressions.reference docs/expressions.md` after a change."""
    page = PAGE.read_text(encoding="utf-8")
    assert page == refreshed(page)
    assert {*re.findall("<!-- table: ([a-z]+) -->", page)} == {*tables()}


@pytest.mark.parametrize("name", [*FILTERS, *FORMS])
def test_every_filter_is_in_the_reference(name: str) -> None:
    """Aliases too."""
    assert re.search(rf"`{name}[`(]", PAGE.read_text(encoding="utf-8"))


def test_every_operation_says_what_it_does() -> None:
    """A line that is empty or unfinished helps nobody."""
    for name, table in tables().items():
        end = r"[a-z0]" if name == "names" else r"\."
        for row in table.splitlines()[2:]:
            assert re.fullmatch(rf"\| `.+` \| .+{end} \|", row), row


def test_the_limits_on_the_page_are_the_limits() -> None:
    """Figures are typed once in code; the page repeats them."""
    assert f"{SOURCE_CHARACTERS:,} characters and {LEVELS} levels" in PAGE.read_text("utf-8")


def test_the_default_of_the_page_works() -> None:
    """The one line everyone copies."""
    context = Context(frozenset(), frozenset({"input"}))
    assert compile_expression("input.a.b | default('none')", context).evaluate({}) == "none"
