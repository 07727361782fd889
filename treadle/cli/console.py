"""Rich's console without its markup: what is drawn is literal text, in the colours of ours."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from treadle.cli.plain_text import plain

#: Columns where there is no terminal.
_UNCUT = 500
#: Columns of text that a column which folds freely has at least.
_FREE = 7


def row(*cells: object) -> list[Text]:
    """Return the cells of a table's row as literal text; a cell of rich's keeps its style."""
    return [each if isinstance(each, Text) else Text(plain(each)) for each in cells]


def output_console() -> Console:
    """Return standard output; off a terminal no line is cut, so a script finds all of it."""
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return PlainConsole(width=None if at_terminal else _UNCUT)


def print_table(
    titles: Mapping[str, int | None], rows: Sequence[Sequence[object]], console: Console
) -> None:
    """Print a table of which nothing is cut: where the terminal is narrow, cells take more lines.

    Args:
        titles: of each column; and there its columns of text, 0 for those that remain to it, or
            None if it never folds, as an id that is to be copied.
        rows: the cells of each.
    """
    cells = [row(*each) for each in rows]
    widest = [
        max(cell_len(each) for each in (title, *(line[at].plain for line in cells)))
        for at, title in enumerate(titles)
    ]
    narrow = sum(widest) + 2 * len(widest) > console.width
    least = [
        size if fold is None else min(size, fold or _FREE)
        for size, fold in zip(widest, titles.values(), strict=True)
    ]
    # A terminal with fewer columns continues the lines itself.
    console.width = max(console.width, sum(least) + len(least) - 1)
    table = Table(box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0))
    for (title, fold), size in zip(titles.items(), least, strict=True):
        folds = narrow and fold is not None
        width = size if folds and fold else None
        table.add_column(title, no_wrap=not folds, overflow="fold", width=width)
    for line in cells:
        table.add_row(*line)
    console.print(table)


class PlainConsole(Console):
    """A console that reads no markup and no emoji in what it prints."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Leave it to the command's edge, as for all other output."""
        raise BrokenPipeError
