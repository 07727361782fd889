"""docs/nodes.md from the specs of `dag.specs`: `python -m treadle.dag.node_docs docs/nodes.md`.

A test compares the file with what this writes, so the page lists exactly the fields there are.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from treadle.core.field_docs import field_lines
from treadle.dag.fields import Bare, FieldPlan
from treadle.dag.schema import configurations_schema
from treadle.dag.specs import AVAILABLE, SPECS, Configuration, NodeSpec

_HEAD = """# Node types

Written by `python -m treadle.dag.node_docs docs/nodes.md` from `dag/specs/`; edit those.

The column *kind* says what a field may hold: an **expression** is bare, without braces, and is
evaluated by the node; a **fixed** field is decided by the definition, so it takes no templates; all
others may be or contain **templates**, rendered before each attempt. A field **with secrets** may
use `secrets.NAME` in its templates. A field without a default is required.

Every node may leave by `error` too, with `{error, input}`; see [semantics](semantics.md#errors)."""


def markdown() -> str:
    """Return the page."""
    lines = [_HEAD, "", "## Every node", "", *_table(AVAILABLE[0], Configuration)]
    for spec in AVAILABLE:
        lines += ["", f"## {spec.key}", "", spec.description, ""]
        lines += [f"Runs in lane `{spec.lane}`. It puts out, by output key, {spec.puts_out}."]
        own = list(_table(spec, spec.configurations))
        if len(own) > 2:
            lines += ["", *own]
        example = json.dumps(dict(spec.example), ensure_ascii=False, indent=2)
        lines += ["", "```json", example, "```"]
    planned = [f"`{spec.key}`" for spec in SPECS.values() if not spec.available]
    lines += ["", "## Known and not yet available", ""]
    lines += textwrap.wrap(f"{', '.join(planned)}.", 100, break_on_hyphens=False)
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, slots=True)
class FieldLine:
    """The documentation of one field of a node's configurations."""

    name: str
    kind: str
    type: str
    default: str
    """As JSON; empty if it is required, `none` if it is null."""
    description: str


def field_lines_of(spec: NodeSpec, model: type[BaseModel]) -> Iterator[FieldLine]:
    """Yield the documentation of the fields that `model` adds to those of every node."""
    schema = configurations_schema(spec)["properties"]
    descriptions = field_lines(model)
    for name in model.model_fields:
        if _is_own(name, model):
            field = model.model_fields[name]
            default = "" if field.is_required() else _default(spec.defaults[name])
            kind, shown = _kind(spec.fields[name]), _type(schema[name])
            yield FieldLine(name, kind, shown, default, descriptions.get(name, ""))


def _table(spec: NodeSpec, model: type[BaseModel]) -> Iterator[str]:
    yield "| field | kind | type | default | |"
    yield "|---|---|---|---|---|"
    for each in field_lines_of(spec, model):
        default = f"`{each.default}`" if each.default not in ("", "none") else each.default
        yield f"| `{each.name}` | {each.kind} | {each.type} | {default} | {each.description} |"


def _is_own(name: str, model: type[BaseModel]) -> bool:
    return model is Configuration or name not in Configuration.model_fields


def _kind(plan: FieldPlan) -> str:
    if isinstance(plan.shape, Bare):
        return "expression"
    if plan.shape is not None:
        return "holds expressions"
    if plan.literal:
        return "fixed"
    return "template, with secrets" if plan.secrets else "template"


def _default(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, dict):
        value = {key: each for key, each in value.items() if each is not None}
    return json.dumps(value, ensure_ascii=False)


def _type(schema: Mapping[str, Any]) -> str:
    """Describe a type in a few words, without the templates that the kind already mentions."""
    if "anyOf" in schema:
        choices = [each for each in schema["anyOf"] if "pattern" not in each]
        words = list(dict.fromkeys(_type(each) for each in choices))
        return " or ".join(word for word in words if word not in ("", "null"))
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("properties"):
        members = ", ".join(schema["properties"])
        return f"object: {members}"
    if isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {_type(schema['additionalProperties'])}"
    bounds = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    return ", ".join([_word(schema), *([" to ".join(bounds)] if bounds else [])])


def _word(schema: Mapping[str, Any]) -> str:
    words = {"string": "text", "object": "object", "boolean": "true or false", "null": "null"}
    kind = schema.get("type")
    return "any value" if kind is None else words.get(kind, kind)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
