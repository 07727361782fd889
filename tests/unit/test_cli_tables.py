"""Tables of the command line: nothing of them is cut, however narrow the terminal is."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from treadle.cli import executions, inbox, keys
from treadle.cli.console import PlainConsole, print_table

ID = "01a227db-ce6d-7338-87a6-644e94bbd55f"
WHEN = "2026-11-29 15:10:43"
TABLES = [
    (executions._COLUMNS, (ID, "weekly-report", "1", "CANCELED", WHEN, "59 min 57 s")),
    (executions._COLUMNS, (ID, "w", "1", "WAITING_FOR_HUMAN", WHEN, "")),
    (executions._COLUMNS, (ID, "reports" * 9, "1", "WAITING_FOR_HUMAN", WHEN, "59 min 57 s")),
    (inbox._COLUMNS, (ID, "selection", "Refund 120 to Ada?", "normal", "completed", "")),
    (inbox._COLUMNS, (ID, "approval", "Refund 120 to Ada?", "urgent", "pending", "59 min 57 s")),
    (inbox._RESPONSE_COLUMNS, (WHEN, "ana", "webhook", "refused", "", "It is no answer. " * 9)),
    (keys._COLUMNS, (ID[:16], "ana", "read,run,answer", "of the shop", WHEN[:16], "for good")),
]


@pytest.mark.parametrize("columns", [20, 80, 100, 200])
@pytest.mark.parametrize(("titles", "cells"), TABLES)
def test_a_table_shows_every_character_of_its_cells(
    titles: dict[str, int | None], cells: tuple[str, ...], columns: int
) -> None:
    """Text folds into more lines; an id, which is copied, stays in one."""
    console = PlainConsole(width=columns)
    console.file = io.StringIO()

    print_table(titles, [cells], console)

    written = console.file.getvalue()
    for cell, folds in zip(cells, titles.values(), strict=True):
        assert folds is not None or cell in written
    assert "…" not in written
    assert _characters(written) == _characters("".join([*titles, *cells]))
    assert max(map(len, written.splitlines())) <= max(columns, 80)


def test_a_wide_terminal_gets_a_line_a_row() -> None:
    """As a file or a pipe does."""
    console: Console = PlainConsole(width=500)
    console.file = io.StringIO()

    print_table(inbox._COLUMNS, [TABLES[4][1]] * 3, console)

    assert len(console.file.getvalue().splitlines()) == 4


def _characters(text: str) -> list[str]:
    return sorted("".join(text.split()))
