"""docs/import-report.md from the code: `python -m treadle.importing.report_docs PATH`.

A test holds the file to what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from inspect import getdoc
from pathlib import Path
from typing import Any

from treadle.core.field_docs import lines_below
from treadle.importing.n8n.kinds import KINDS as N8N
from treadle.importing.reference.kinds import KINDS as REFERENCE
from treadle.importing.report import Effect, Reason

_HEAD = """# The report of an import

Written by `python -m treadle.importing.report_docs docs/import-report.md` from `importing/`; edit
that. How to import is in [a guide](guides/import.md).

`treadle import FILE --json` prints `{workflow, report: [{path, reason, message}]}`. `path` is the
place in the file that was read, as a JSON path; empty is all of it. `treadle validate` may still
refuse the workflow, for places that the report has under *to do*.

## Reasons

The list is closed, and a reason never changes its name."""

_EXPRESSIONS = """
## Expressions

An expression is translated if the result means the same, or fails where JavaScript would go on with
a value that it made up (`undefined`, `NaN`, `"1" + 1`). Otherwise it stands as
`not_translated('its source')`, which `treadle validate` refuses with its place: it never runs. Not
translated are loose comparisons (`==`) of anything but text with text, regular expressions, dates
of Luxon's, `$now`, `$env`, and functions with statements. Of an earlier node with many items,
`first()` and `last()` can be read, and `item` cannot.

## Items

n8n runs a node once for each item. One item is an object here; many are `{data: [...]}`. A node
that gets many becomes an operation on the list, or the body of a FLOW.FOR_EACH of its own, which
runs one iteration at a time.

## Secrets

Text under a key that is called like a secret (`password`, `apiKey`, `Authorization`), what has
the form of a known token, and passwords and tokens in addresses are taken out before anything else
is read, and replaced by `{{ secrets.NAME }}`; in a `@task`'s parameters by the variable's name.
Other secrets are not found: look at the workflow before you share it.
"""


def markdown() -> str:
    """Return the page."""
    lines = dict(lines_below(Reason))
    parts = [_HEAD]
    for effect in Effect:
        rows = [f"| `{each}` | {lines[each.name]} |" for each in Reason if each.effect is effect]
        parts.append(f"\n**{str(effect).capitalize()}**\n")
        parts.append("\n".join(["| reason | what it says |", "|---|---|", *rows]))
    parts.append(_EXPRESSIONS)
    n8n = {name: kind.translate for name, kind in N8N.items()}
    tables = (("n8n's nodes", n8n), ("The reference system's nodes", REFERENCE))
    for heading, kinds in tables:
        parts.append(f"## {heading}\n")
        parts.append("\n".join(["| node | what it becomes |", "|---|---|", *_rows(kinds)]))
        parts.append("\nEvery other one becomes a `@task`, triggers aside.\n")
    return "\n".join(parts)


def _rows(kinds: Any) -> Iterator[str]:
    translate: Callable[..., Any]
    for name, translate in kinds.items():
        said = (getdoc(translate) or "").partition("\n\n")[0]
        yield f"| `{name}` | {' '.join(said.split())} |"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
