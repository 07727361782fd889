"""The line below each field of a model or member of an enum, read from the source for documents.

Pydantic can read them too (`use_attribute_docstrings`), but whenever a process starts, which takes
it longer than all else of making a model.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Iterator
from functools import cache
from itertools import zip_longest

from pydantic import BaseModel


def field_lines(model: type[BaseModel]) -> dict[str, str]:
    """Return the line below each field of a model and of those it extends, by the field's name."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if issubclass(kind, BaseModel) and not kind.__module__.startswith("pydantic"):
            found |= {name: line for name, line in lines_below(kind) if line}
    return found


@cache
def lines_below(kind: type) -> tuple[tuple[str, str], ...]:
    """Return each name that a class itself assigns, with the line below it; without one, empty."""
    return tuple(_lines_below(kind))


def _lines_below(kind: type) -> Iterator[tuple[str, str]]:
    body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
    assert isinstance(body, ast.ClassDef)
    for member, below in zip_longest(body.body, body.body[1:]):
        if not isinstance(member, ast.AnnAssign | ast.Assign):
            continue
        target = member.target if isinstance(member, ast.AnnAssign) else member.targets[0]
        if isinstance(target, ast.Name):
            line = below.value if isinstance(below, ast.Expr) else None
            text = str(line.value) if isinstance(line, ast.Constant) else ""
            yield target.id, " ".join(text.split())
