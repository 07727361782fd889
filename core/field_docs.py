"""The line below each field of a model, read from its source by whoever documents the model.

Pydantic can read them too (`use_attribute_docstrings`), but whenever a process starts, which takes
it longer than all else of making a model.
"""

from __future__ import annotations

import ast
import inspect
import textwrap

from pydantic import BaseModel


def field_lines(model: type[BaseModel]) -> dict[str, str]:
    """Return the line below each field of a model and of those it extends, by the field's name."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        if not issubclass(kind, BaseModel) or kind.__module__.startswith("pydantic"):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(kind))).body[0]
        assert isinstance(body, ast.ClassDef)
        for member, line in zip(body.body, body.body[1:], strict=False):
            if (
                isinstance(member, ast.AnnAssign)
                and isinstance(member.target, ast.Name)
                and isinstance(line, ast.Expr)
                and isinstance(line.value, ast.Constant)
            ):
                found[member.target.id] = " ".join(str(line.value.value).split())
    return found
