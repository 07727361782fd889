"""Tables of the command line, however narrow the terminal is."""

from __future__ import annotations

import io
import re
from collections import Counter

import pytest

from treadle.cli import executions, inbox, keys
from treadle.cli.console import Fit, PlainConsole, Titles, print_table

ID = "01a227db-ce6d-7338-87a6-644e94bbd55f"
WHEN = "2026-11-29 15:10:43"
OPEN: Titles = {**inbox._COLUMNS, "time left": Fit.WHOLE}
OVER: Titles = {**inbox._COLUMNS, "status": Fit.WHOLE}
TABLES: list[tuple[Titles, tuple[str, ...]]] = [
    (executions._COLUMNS, (ID, "weekly-report", "1", "CANCELED", WHEN, "59m57s")),
    (executions._COLUMNS, (ID, "w", "1", "WAITING_FOR_HUMAN", WHEN, "")),
    (executions._COLUMNS, (ID, "reports" * 9, "999", "WAITING_FOR_HUMAN", WHEN, "59m57s")),
    (OVER, (ID, "selection", "Refund 120 to Ada?", "normal", "completed")),
    (OPEN, (ID, "approval", "Refund 120 to Ada?", "urgent", "59m57s")),
    (inbox._RESPONSE_COLUMNS, (WHEN, "ana", "webhook", "refused", "", "It is no answer. " * 9)),
    (keys._COLUMNS, (ID[:16], "ana", "read,run,answer", "of the shop", WHEN[:16], "for good")),
]


def written(titles: Titles, rows: list[tuple[str, ...]], columns: int, *, terminal: bool) -> str:
    """Return a table as a terminal of so many columns, or a file, gets it."""
    console = PlainConsole(width=columns)
    console._force_terminal = terminal
    console.file = io.StringIO()
    print_table(titles, rows, console)
    return console.file.getvalue()


@pytest.mark.parametrize("columns", [20, 80, 100, 200])
@pytest.mark.parametrize(("titles", "cells"), TABLES)
def test_a_table_keeps_what_is_copied_and_shortens_what_may_be(
    titles: Titles, cells: tuple[str, ...], columns: int
) -> None:
    """An id, a status and a duration stay in one line; other text folds into more, or ends in …"""
    shown = written(titles, [cells], columns, terminal=True)

    for title, cell in zip(titles, cells, strict=True):
        fit = titles[title]
        assert fit is not Fit.WHOLE or cell in shown
        if fit is Fit.SHORTENED:
            assert cell in shown or re.search(f" {re.escape(cell[:2])}[^…]*…", shown)
        else:
            assert not Counter(f"{title}{cell}".replace(" ", "")) - Counter(shown)
    assert "…" not in shown or Fit.SHORTENED in titles.values()
    assert max(map(len, shown.splitlines())) <= max(columns, 80)


def test_a_title_is_shortened_before_anything_folds() -> None:
    """So that in a terminal of 80 columns a question is a line."""
    shown = written(OPEN, [TABLES[4][1]] * 3, 80, terminal=True)

    assert len(shown.splitlines()) == 4
    assert "Refund 1" in shown


@pytest.mark.parametrize(("titles", "cells"), TABLES)
def test_off_a_terminal_a_row_is_a_line_and_whole(titles: Titles, cells: tuple[str, ...]) -> None:
    """However long it is: a script reads it."""
    long = tuple(each * 40 for each in cells)

    _, row = written(titles, [long], 80, terminal=False).splitlines()

    assert all(each.strip() in row for each in long)
