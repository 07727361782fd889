"""The reference of operations: `python -m treadle.dag.expressions.reference docs/expressions.md`.

docs/expressions.md has each table between two marks; this module writes the text between them, and
a test fails when the page and the tables differ.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from treadle.dag.expressions.filters import (
    dates,
    encodings,
    numbers,
    objects,
    regex,
    sequences,
    text,
)
from treadle.dag.expressions.forms import FORMS, Form
from treadle.dag.expressions.functions import FUNCTIONS
from treadle.dag.expressions.methods import METHODS
from treadle.dag.expressions.operations import Operation
from treadle.dag.expressions.syntax import NAMES
from treadle.dag.expressions.tests import TESTS

_TABLE = re.compile(r"(?<=<!-- table: )([a-z]+)( -->\n).*?(?=<!-- end -->)", re.DOTALL)


def tables() -> dict[str, str]:
    """Return each table of the page as Markdown, by the name in its mark."""
    filters = {
        "lists": sequences.FILTERS,
        "objects": objects.FILTERS,
        "numbers": numbers.FILTERS,
        "text": text.FILTERS,
        "encodings": encodings.FILTERS,
        "dates": dates.FILTERS,
        "patterns": regex.FILTERS,
        "tests": TESTS,
        "methods": METHODS,
        "functions": FUNCTIONS,
    }
    written = {name: _table(_operations(found)) for name, found in filters.items()}
    written["forms"] = _table(_forms(FORMS))
    written["names"] = _table(((name, what) for name, what in NAMES.items()))
    return written


def refreshed(page: str) -> str:
    """Return a page with its tables written anew."""
    known = tables()
    return _TABLE.sub(lambda match: match[1] + match[2] + known[match[1]], page)


def _operations(found: Mapping[str, Operation]) -> Iterable[tuple[str, str]]:
    for operation in {each.name: each for each in found.values()}.values():
        yield operation.signature, operation.summary + _also(operation.aliases)


def _forms(found: Mapping[str, Form]) -> Iterable[tuple[str, str]]:
    for form in dict.fromkeys(found.values()):
        first, *aliases = [name for name, each in found.items() if each is form]
        assert form.signature.startswith(first)
        yield form.signature, form.summary + _also(aliases)


def _also(aliases: Iterable[str]) -> str:
    written = ", ".join(f"`{each}`" for each in aliases)
    return f" Also {written}." if written else ""


def _table(rows: Iterable[tuple[str, str]]) -> str:
    cells = [f"| `{left}` | {right} |" for left, right in rows]
    return "\n".join(["| written | what it is |", "|---|---|", *cells, ""])


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(refreshed(target.read_text(encoding="utf-8")), encoding="utf-8")
