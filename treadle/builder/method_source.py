"""treadle/builder/methods.py from the specs: `python -m treadle.builder.method_source PATH`.

A test compares the file with what this writes, so that the methods have exactly the fields there
are. They are written and not made at run time, so that a type checker and an editor know them.
"""

from __future__ import annotations

import keyword
import sys
import types
import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from treadle.builder.nodes import kind_of
from treadle.core.field_docs import field_lines
from treadle.dag.fields import Bare
from treadle.dag.specs import AVAILABLE, Configuration, NodeSpec

_HEAD = '''"""A method for each node type. Written by `method_source` from `dag/specs/`.

Long because it has every field of every node type.
"""

# ruff: noqa: A002, E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

from typing_extensions import TypedDict, Unpack

from treadle.builder import nodes

Code: TypeAlias = (
    str | int | float | bool | Sequence[Any] | Mapping[str, Any] | Callable[..., Any]
)
"""An expression: a value of the run, its text, or a function of the names that it sees."""


class NodeOptions(TypedDict, total=False):
    """What every node may have."""

    name: str
    description: str
    input_params: Mapping[str, Any]
'''

#: Names of methods that are not the subtype in lower case.
_NAMES = {
    "ACTION.HTTP_REQUEST": "http",
    "ACTION.DATA_TRANSFORMATION": "transform",
    "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL": "approval",
    "HUMAN_IN_THE_LOOP.MANUAL_REVIEW": "review",
    "AI_AGENT.OPENAI_CHATGPT": "openai",
    "AI_AGENT.ANTHROPIC_CLAUDE": "claude",
}


def source() -> str:
    """Return the text of the module."""
    lines = [_HEAD.rstrip("\n")]
    lines += [f"    {name}: {_type(field)}" for name, field in Configuration.model_fields.items()]
    for spec in AVAILABLE:
        lines += _options(spec)
    lines += ["", "", "class Methods:", '    """The methods of a workflow that make its nodes."""']
    lines += [
        "",
        "    def _node(self, key: str, id: str, fields: Mapping[str, Any]) -> Any:",
        "        raise NotImplementedError",
    ]
    for spec in AVAILABLE:
        lines += _method(spec)
    return "\n".join(lines) + "\n"


def method_name(spec: NodeSpec) -> str:
    """Return the name of a node type's method."""
    name = _NAMES.get(spec.key, spec.subtype.lower())
    return f"{name}_" if keyword.iskeyword(name) else name


def _own(spec: NodeSpec, *, required: bool) -> dict[str, FieldInfo]:
    common = Configuration.model_fields
    return {
        name: field
        for name, field in spec.configurations.model_fields.items()
        if name not in common and field.is_required() is required
    }


def _options(spec: NodeSpec) -> Iterator[str]:
    yield from ("", "", f"class {_class(spec)}(NodeOptions, total=False):")
    yield f'    """The optional fields of {spec.key}."""'
    own = _own(spec, required=False)
    docs = field_lines(spec.configurations)
    if own:
        yield ""
    for name, field in own.items():
        if name == "description":  # every node has it
            continue
        yield f"    {name}: {_type(field)}"
        if name in docs:
            yield f'    """{_line(docs[name])}"""'


def _method(spec: NodeSpec) -> Iterator[str]:
    required = _own(spec, required=True)
    parameters = "".join(f", {name}: {_type(field)}" for name, field in required.items())
    kind = f"nodes.{kind_of(spec.key).__name__}"
    docs = field_lines(spec.configurations)
    yield ""
    yield (
        f"    def {method_name(spec)}(self, id: str, /{parameters}, "
        f"**options: Unpack[{_class(spec)}]) -> {kind}:"
    )
    yield f'        """{_line(spec.description)}'
    if required:
        yield from ("", "        Args:")
        yield from (f"            {name}: {_line(docs.get(name, ''))}" for name in required)
        yield "        "[:8] + '"""'
    else:
        yield '        """'
    given = "".join(f'"{name}": {name}, ' for name in required)
    yield f"        fields: dict[str, Any] = {{{given}**options}}"
    yield f'        return cast({kind}, self._node("{spec.key}", id, fields))'


def _class(spec: NodeSpec) -> str:
    return method_name(spec).rstrip("_").title().replace("_", "") + "Options"


def _line(text: str) -> str:
    return " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")


def _type(field: FieldInfo) -> str:
    return _written(field.annotation, field.metadata)


def _written(  # noqa: PLR0911 - one for each kind
    annotation: Any, marks: typing.Sequence[Any] = ()
) -> str:
    """Return an annotation as a program writes it; a value of the run fits everywhere, as `Any`."""
    if any(isinstance(mark, Bare) for mark in marks):
        return "Code | None" if type(None) in get_args(annotation) else "Code"
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _written(inner[0], inner[1:])
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, inner))}]"
    if origin in (typing.Union, types.UnionType):
        return " | ".join(dict.fromkeys(map(_written, inner)))
    if origin is list or origin is tuple:
        return f"Sequence[{_written(inner[0])}]"
    if origin is dict:
        return f"Mapping[str, {_written(inner[1])}]"
    if annotation is type(None):
        return "None"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "Mapping[str, Any]"
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return f"Literal[{', '.join(repr(str(each.value)) for each in annotation)}]"
    return annotation.__name__ if annotation in (str, int, float, bool) else "Any"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(source(), encoding="utf-8")
