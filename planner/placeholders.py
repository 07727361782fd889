"""Placeholders: values that a request does not contain, as far as the model or a rule finds them.

A placeholder is a field of the workflow's input: steps read it as `trigger.NAME`, and whoever runs
the plan supplies it. What a model invented nevertheless becomes the suggestion of a placeholder,
which a person may accept; see `addresses`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

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
#: Beginnings of an address, and a mail address, as whoever runs a plan supplies them.
ORIGIN = re.compile(r"https?://[^\s/?#\"'{}<>]+", re.IGNORECASE)
MAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")


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


def settle(document: Document, placeholders: dict[str, Placeholder]) -> Iterator[Fix]:
    """Make the placeholders match what the steps read: drop those that are not read, and declare
    those that are read but missing; secrets as well.
    """
    texts = list(_texts(document["nodes"]))
    read = {name for text in texts for name in _names(_READ, text)}
    for name in list(placeholders):
        if name not in read:
            del placeholders[name]
            yield Fix(
                "placeholders", "placeholder_unused", f"`{name}` was dropped: nothing reads it."
            )
    for name in dict.fromkeys(name for text in texts for name in _names(_READ_BY_NAME, text)):
        if name not in placeholders:
            placeholders[name] = Placeholder(name, "any", "A value that the steps read.")
            done = f"`{name}` was declared: steps read it as `trigger.{name}`."
            yield Fix("placeholders", "placeholder_undeclared", done)
    secrets = [name for text in texts for name in _SECRET.findall(text)]
    for name in dict.fromkeys([*secrets, *_named_secrets(document["nodes"])]):
        description = f"Set by the operator as TREADLE_SECRET_{name.upper()}."
        placeholders[f"secrets.{name}"] = Placeholder(name, "secret", description)


def _named_secrets(nodes: list[Document]) -> Iterator[str]:
    """Yield the secrets whose names are settings themselves."""
    for node in nodes:
        spec = spec_of(node["type"], node["subtype"])
        for field, plan in spec.fields.items() if spec is not None else ():
            if plan.names_secret and isinstance(name := node["configurations"].get(field), str):
                yield name


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
    "url": lambda value: isinstance(value, str) and bool(ORIGIN.match(value)),
    "email": lambda value: isinstance(value, str) and bool(MAIL.fullmatch(value)),
    "list": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


def _texts(value: Value) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _names(pattern: re.Pattern[str], text: str) -> list[str]:
    return [dotted or quoted for dotted, quoted in pattern.findall(text)]
