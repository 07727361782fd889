"""Expressions for random workflows: what can be said about values of known shapes.

A `Shape` is what a value is known to look like; a `Sight` is what a node's expressions see. Most
expressions hold for the shape they are made for. Now and then one is made that fails for some
values, or for all: failures are part of what is compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from tests.reference.choices import Choices, once_in, pick


class Shape(Enum):
    """What a value looks like; each says how numbers and lists are read from a value `{0}`."""

    TRIGGER = ("{0}.n", "{0}.numbers | length"), ("{0}.numbers",)
    FIELDS = ("{0}.v", "{0}.v + {0}.v"), ("{0}.xs",)
    NUMBERS = ("{0}.data | length", "{0}.data | sum"), ("{0}.data",)
    ROWS = ("{0}.data | length", "{0}.data | map(attribute='k') | sum"), ()
    LIST = ("{0}.data | length",), ()
    RESULTS = ("{0}.count", "{0}.results | length"), ()
    ERROR = ("{0}.error.error_code | length",), ()
    TURN = ("{0}.index",), ()
    NUMBER = ("{0}",), ("[{0}, {0} + 1]",)
    ENTRY = ("{0}.value", "{0}.key | length"), ("[{0}.value]",)
    LAST = ("{0}.v | default(0)",), ()
    UNKNOWN = ("{0}.v | default(1)", "{0}.n | default(2)"), ()

    def __init__(self, numbers: tuple[str, ...], lists: tuple[str, ...]) -> None:
        self.numbers = numbers
        self.lists = lists


@dataclass(frozen=True, slots=True)
class Seen:
    """A value in sight."""

    name: str
    """How it is named: `input`, `nodes.a`, `item`."""
    shape: Shape
    always: bool = True
    """Whether it is there however the run went; else it is read with a default, mostly."""


Sight = tuple[Seen, ...]


def number(choices: Choices, sight: Sight) -> str:
    """An expression for a small whole number."""
    form = choices.integer(0, 9)
    if form <= 1:
        return str(choices.integer(0, 9))
    first = _atom(choices, sight)
    if form <= 4:
        return first
    if form == 9:
        return _risky(choices, first, _atom(choices, sight), sight[0].name)
    second = _atom(choices, sight)
    return pick(
        choices,
        (
            f"({first} + {second}) % 1000",
            f"{first} - {second}",
            f"({first} * {second}) % 1000",
            f"{first} if {second} > 3 else {choices.integer(0, 9)}",
        ),
    )


def numbers(choices: Choices, sight: Sight) -> str:
    """An expression for a list of at most three numbers."""
    sources = [(seen, form) for seen in sight if seen.always for form in seen.shape.lists]
    if sources and not once_in(choices, 3):
        seen, form = pick(choices, sources)
        return f"({form.format(seen.name)})[:3]"
    items = ", ".join(number(choices, sight) for _ in range(choices.integer(0, 3)))
    return f"[{items}]"


def condition(choices: Choices, sight: Sight) -> str:
    """An expression for true or false."""
    left, right = number(choices, sight), number(choices, sight)
    return pick(
        choices,
        (
            f"({left}) > ({right})",
            f"({left}) % 2 == 0",
            f"({left}) < 5 or ({right}) == 0",
            f"not (({left}) >= 3 and ({right}) != 1)",
        ),
    )


def text(choices: Choices, sight: Sight) -> str:
    """A string of a definition, with templates in it, or one alone."""
    value = number(choices, sight)
    forms = (f"{{{{ {value} }}}}", f"is {{{{ {value} }}}}", "plain", "{{ trigger.text }}")
    return pick(choices, forms)


def _atom(choices: Choices, sight: Sight) -> str:
    seen = pick(choices, sight)
    form = pick(choices, seen.shape.numbers).format(seen.name)
    if not seen.always and not once_in(choices, 8):
        there = f"{seen.name}.v | default({choices.integer(0, 3)})"
        return f"({there} if {seen.name} is defined else 1)"
    return f"({form})"


def _risky(choices: Choices, first: str, second: str, name: str) -> str:
    return pick(
        choices,
        (
            f"100 // ({first} % 4)",
            f"{first} / ({second} - 1)",
            f"[1, 2, 3][{first}]",
            f"{first} + {name}.nothing.here",
            f"{first} ~ {second}",
            f"({first}) * 9223372036854775807",
        ),
    )
