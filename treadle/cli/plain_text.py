"""Text from outside as literal text: what a terminal would obey, or hide, is shown instead.

Titles, names, messages, errors, outputs, ids and log lines come from workflows, models, tasks and
people. Who reads them must see every character of them, and a terminal must not act on any. So all
that commands write goes through here: `say` writes lines, `json_text` makes documents, `plain` what
stands in one line; `console` has what rich draws.
"""

from __future__ import annotations

import re
import sys
import textwrap
from shutil import get_terminal_size
from typing import Any, TextIO

import typer

#: What is shown by its number: control characters, line and paragraph separators, half characters,
#: and what is invisible or turns the direction of text. The two joiners stay: scripts and emoji
#: need them, and they hide nothing.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain(text: object) -> str:
    """Return text on one line, with what is hidden in it shown: `\\x1b`, `\\n`, `\\u202e`."""
    return _HIDDEN.sub(_shown, str(text))


def plain_lines(text: object) -> str:
    """Return text as `plain` does, but with its line breaks and tabs kept."""
    lines = str(text).replace("\r\n", "\n").split("\n")
    return "\n".join("\t".join(plain(part) for part in line.split("\t")) for line in lines)


def json_text(text: str) -> str:
    """Return a JSON document in which what is hidden is escaped; it says the same.

    Where standard output cannot hold every character, all beyond ASCII is escaped.
    """
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = _HIDDEN.sub(_escaped, text)
    return text if encoding.startswith("utf") else re.sub(r"[^\x00-\x7f]", _escaped, text)


def counted(count: int, one: str, several: str = "") -> str:
    """Return a count with its noun: `1 node`, `2 nodes`; an unusual plural is given."""
    return f"{count:,} {one if count == 1 else several or f'{one}s'}"


def wrapped(text: str, stream: TextIO) -> str:
    """Return lines wrapped between words at a terminal's width; off a terminal as they are.

    What follows stands as far in as its line; a word that is longer than a line stays whole.
    """
    if stream is None or not stream.isatty():
        return text
    columns = get_terminal_size().columns
    lines = text.split("\n")
    return "\n".join(
        _wrapped_line(each, columns) if len(each) > columns else each for each in lines
    )


def _wrapped_line(line: str, columns: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    return textwrap.fill(
        line,
        columns,
        subsequent_indent=f"{indent}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def say(text: object = "", *, err: bool = False, **style: Any) -> None:
    """Write lines to standard output, or to standard error; `style` is `typer.style`'s."""
    typer.secho(plain_lines(text), err=err, **style)


def _shown(found: re.Match[str]) -> str:
    each = found[0]
    code = ord(each)
    if each in _SHORT:
        return _SHORT[each]
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _escaped(found: re.Match[str]) -> str:
    each = found[0]
    if each in "\n\r\t":  # between the parts of a document; inside text they are escaped already
        return each
    units = each.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
