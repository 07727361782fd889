"""Rich's console without its markup: what is drawn is literal text, in the colours of ours."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.text import Text

from treadle.cli.plain_text import plain

#: Columns where there is no terminal.
_UNCUT = 500


def row(*cells: object) -> list[Text]:
    """Return the cells of a table's row as literal text; a cell of rich's keeps its style."""
    return [each if isinstance(each, Text) else Text(plain(each)) for each in cells]


def output_console() -> Console:
    """Return standard output; off a terminal no line is cut, so a script finds all of it."""
    at_terminal = sys.stdout is not None and sys.stdout.isatty()
    return PlainConsole(width=None if at_terminal else _UNCUT)


class PlainConsole(Console):
    """A console that reads no markup and no emoji in what it prints."""

    def __init__(self, *, stderr: bool = False, width: int | None = None) -> None:
        super().__init__(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)

    def on_broken_pipe(self) -> None:
        """Leave it to the command's edge, as for all other output."""
        raise BrokenPipeError
