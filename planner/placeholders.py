"""Placeholders: values that a request does not contain, as far as the model or a rule finds them.

A placeholder is a field of the workflow's input: steps read it as `trigger.NAME`, and whoever runs
the plan supplies it. An address that a model made up becomes the suggestion of a placeholder, which
a person may accept; no rule looks at values of other kinds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import re2  # type: ignore[import-untyped]

from treadle.dag.problems import Problem
from treadle.dag.specs import spec_of
from treadle.dag.values import Value
from treadle.planner.building import Document, slug
from treadle.planner.drafts import PlaceholderType, PlanDraft
from treadle.wire.plans import PlanPlaceholder

Kind: TypeAlias = PlaceholderType | Literal["any", "secret"]

_READ = re.compile(r"""\b(?:trigger|input)(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"]+)['"]\s*\])""")
_READ_BY_NAME = re.compile(r"""\btrigger(?:\.([A-Za-z_]\w*)|\[\s*['"]([^'"]+)['"]\s*\])""")
_SECRET = re.compile(r"\bsecrets\.([A-Za-z_]\w*)")
_TEMPLATE = re2.compile(r"(?s)(\{\{.*?\}\})")
_ORIGIN = re.compile(r"https?://[^\s/?#\"'{}<>]+", re.IGNORECASE)
#: A text in an expression that begins as an address does, and how a template reads a placeholder.
_LITERAL = re.compile(r"""(['"])((?:https?://|[^'"\s]+@)[^'"]*)\1""", re.IGNORECASE)
_READING = re.compile(r"\{\{ (trigger\.\w+) \}\}")
#: The hosts of a request: a name with dots, or one that stands as an address does. A name begins
#: where no letter stands before it, and gives nothing back, so that each is looked at once.
_HOST = re.compile(
    r"(?<![\w-])[\w-]++(?:(?:\.[\w-]++)++|(?=:\d))|(?<=//)[\w-]++|\[[0-9a-fA-F:.]++\]"
)
_MAIL = re2.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A value that whoever runs the plan supplies."""

    name: str
    type: Kind
    """`any` where the plan does not say; a `secret` is the operator's to set, not part of the
    input."""
    description: str
    suggestion: str | None = None
    """What the model wrote; it is not confirmed."""

    def to_wire(self) -> dict[str, Value]:
        """Return it as a plan shows it."""
        return {"name": self.name, "type": self.type, "description": self.description,
                "suggestion": self.suggestion}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to a plan that was made by rule, not by the model."""

    path: str
    """Where in the workflow."""
    reason: str
    """What was wrong, as validation says it."""
    done: str
    """What was done about it, in a sentence."""


def declared(draft: PlanDraft) -> dict[str, Placeholder]:
    """Return the placeholders that a draft declares, by name."""
    found = (
        Placeholder(slug(each.name), each.type, each.description) for each in draft.placeholders
    )
    return {each.name: each for each in found}


def unmake_addresses(
    document: Document, prompt: str, placeholders: dict[str, Placeholder]
) -> Iterator[Fix]:
    """Replace addresses that are not in the request by placeholders that suggest them."""
    hosts = {each.group().casefold() for each in _HOST.finditer(prompt)}
    mails = {each.group().casefold() for each in _MAIL.finditer(prompt)}

    def replace(match: re.Match[str], kind: Kind) -> str:
        address = match.group()
        is_asked_for = (
            _without_port(_host(address)).casefold() in hosts
            if kind == "url"
            else address.casefold() in mails
        )
        if is_asked_for:
            return address
        name = slug(_host(address) if kind == "url" else f"{address.partition('@')[0]}_email")
        placeholders[name] = Placeholder(
            name, kind, f"The {'address' if kind == 'url' else 'mail address'} to use.", address
        )
        return f"{{{{ trigger.{name} }}}}"

    def in_text(text: str) -> str:
        text = _ORIGIN.sub(lambda match: replace(match, "url"), text)
        return str(_MAIL.sub(lambda match: replace(match, "email"), text))

    def in_code(code: str) -> str:
        return _LITERAL.sub(lambda match: _joined(match, in_text(match[2])), code)

    def in_template(text: str) -> str:
        parts = _TEMPLATE.split(text)
        return "".join(
            in_code(part) if place % 2 else in_text(part) for place, part in enumerate(parts)
        )

    for index, node in enumerate(document["nodes"]):
        for part, field, value, is_code in _fields(node):
            replaced = _mapped(value, in_code if is_code else in_template)
            if replaced != value:
                node[part][field] = replaced
                path = f"nodes[{index}].{part}.{field}"
                done = "An address that is not in the request became a placeholder."
                yield Fix(path, "invented_address", done)


def _joined(literal: re.Match[str], replaced: str) -> str:
    """Return a text literal of an expression with its addresses replaced by placeholders."""
    if replaced == literal[2]:
        return literal[0]
    quote = literal[1]
    pieces = [
        part if place % 2 else f"{quote}{part}{quote}"
        for place, part in enumerate(_READING.split(replaced))
        if part
    ]
    return pieces[0] if len(pieces) == 1 else f"({' ~ '.join(pieces)})"


def settle(document: Document, placeholders: dict[str, Placeholder]) -> Iterator[Fix]:
    """Make the placeholders match what the steps read: drop those that are not read, and declare
    those that are read but missing; secrets as well.
    """
    texts = list(_texts(document["nodes"]))
    for name in list(placeholders):
        if not any(name in _names(_READ, text) for text in texts):
            del placeholders[name]
            yield Fix(
                "placeholders", "placeholder_unused", f"`{name}` was dropped: nothing reads it."
            )
    for name in dict.fromkeys(name for text in texts for name in _names(_READ_BY_NAME, text)):
        if name not in placeholders:
            placeholders[name] = Placeholder(name, "any", "A value that the steps read.")
            done = f"`{name}` was declared: steps read it as `trigger.{name}`."
            yield Fix("placeholders", "placeholder_undeclared", done)
    for name in dict.fromkeys(name for text in texts for name in _SECRET.findall(text)):
        description = f"Set by the operator as TREADLE_SECRET_{name.upper()}."
        placeholders[f"secrets.{name}"] = Placeholder(name, "secret", description)


def check_input(placeholders: Iterable[PlanPlaceholder], workflow_input: Value) -> list[Problem]:
    """Return what is missing from an input, or of the wrong type, to run a plan with it."""
    values = workflow_input if isinstance(workflow_input, dict) else {}
    problems = []
    for each in placeholders:
        name, kind = each.name, each.type
        if kind == "secret":
            continue
        if name not in values:
            message = f"`{name}` is missing: {each.description}"
            more = f", such as {each.suggestion}" if each.suggestion else ""
            problems.append(Problem(name, "missing", message, f"Give it as a field{more}."))
        elif not _FITS[kind](values[name]):
            message = f"`{name}` is not of the type {kind}."
            problems.append(Problem(name, "wrong_type", message, f"Give a value of type {kind}."))
    return problems


def _is_date(value: Value) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value[:10]))
    except ValueError:
        return False


_FITS: Mapping[str, Callable[[Value], bool]] = {
    "any": lambda _: True,
    "text": lambda value: isinstance(value, str),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "date": _is_date,
    "url": lambda value: isinstance(value, str) and bool(_ORIGIN.match(value)),
    "email": lambda value: isinstance(value, str) and bool(_MAIL.fullmatch(value)),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _host(url: str) -> str:
    return url.partition("://")[2].rpartition("@")[2]


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host)


def _fields(node: Document) -> Iterator[tuple[str, str, Value, bool]]:
    """Yield a node's fields: the part, the field, the value, and whether its texts are code."""
    spec = spec_of(node["type"], node["subtype"])
    for field, value in node["configurations"].items():
        plan = spec.fields.get(field) if spec is not None else None
        if plan is not None and (plan.shape is not None or not plan.literal):
            yield "configurations", field, value, plan.shape is not None
    for field, value in node["input_params"].items():
        yield "input_params", field, value, False


def _mapped(value: Value, change: Callable[[str], str]) -> Value:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_mapped(each, change) for each in value]
    if isinstance(value, dict):
        return {key: _mapped(each, change) for key, each in value.items()}
    return value


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return [dotted or quoted for dotted, quoted in pattern.findall(text)]
