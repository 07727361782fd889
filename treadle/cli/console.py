"""Rich's console without its markup: what is drawn is literal text, in the colours of ours."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from enum import Enum, unique
from operator import gt
from typing import TypeAlias

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from treadle.cli.plain_text import plain

#: Columns where there is no terminal.
_UNCUT = 500


@unique
class Fit(Enum):
    """How a column fits into a terminal that is too narrow for all of it."""

    WHOLE = "whole"
    """Not at all: an id that is to be copied, a status, a duration."""
    SHORTENED = "shortened"
    """By an ellipsis, for what can be read elsewhere."""
    FOLDED = "folded"
    """By more lines, for what stands nowhere else."""


Titles: TypeAlias = Mapping[str, Fit | int]
"""The titles of columns, with how each fits into a narrow terminal: as a number, its cells take
more lines of so many columns, where shortening others is not enough."""

#: Columns of text that are left at least.
_LEAST: Mapping[Fit | int, int] = {Fit.SHORTENED: 3, Fit.FOLDED: 7}


def row(*cells: object) -> list[Text]:
    """Return the cells of a table's row as literal text; a cell of rich's keeps its style."""
    return [each if isinstance(each, Text) else Text(plain(each)) for each in cells]


def output_console() -> Console:
    """Return standard output; off a terminal no line is cut, so a script finds all of it."""
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return PlainConsole(width=None if at_terminal else _UNCUT)


def print_table(titles: Titles, rows: Sequence[Sequence[object]], console: Console) -> None:
    """Print a table; off a terminal a row is a line, of which nothing is cut."""
    cells = [row(*each) for each in rows]
    widest = [
        max(cell_len(each) for each in (title, *(line[at].plain for line in cells)))
        for at, title in enumerate(titles)
    ]
    if not console.is_terminal:
        console.width = max(console.width, sum(widest) + 2 * len(widest))
    narrow = sum(widest) + 2 * len(widest) > console.width
    widths = _widths(widest, list(titles.values()), console.width)
    # A terminal with fewer columns continues the lines itself.
    console.width = max(console.width, sum(widths) + len(widths) - 1)
    table = Table(box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0))
    for (title, fit), width in zip(titles.items(), widths, strict=True):
        folds = fit is Fit.FOLDED or isinstance(fit, int)
        table.add_column(
            title, no_wrap=not folds, overflow="fold" if folds else "ellipsis", width=width
        )
    for line in cells:
        table.add_row(*line)
    console.print(table)


def _widths(widest: Sequence[int], fits: Sequence[Fit | int], room: int) -> list[int]:
    """Return the width of each column, with one space between two; more than `room` if need be."""
    pairs = list(zip(widest, fits, strict=True))
    folded = [min(size, fit) if isinstance(fit, int) else size for size, fit in pairs]
    least = [min(size, _LEAST.get(fit, size)) for size, fit in pairs]
    for widths in (list(widest), folded):
        too_many = sum(widths) + len(widths) - 1 - room
        while too_many > 0 and any(map(gt, widths, least)):
            widths[max(range(len(widths)), key=lambda at: widths[at] - least[at])] -= 1
            too_many -= 1
        if too_many <= 0:
            break
    return widths


class PlainConsole(Console):
    """A console that reads no markup and no emoji in what it prints."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Leave it to the command's edge, as for all other output."""
        raise BrokenPipeError
