"""A translated expression: its text, and what is known of its value."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto, unique


@unique
class Kind(Enum):
    """What kind of value an expression has, as far as its text tells."""

    ANY = auto()
    TEXT = auto()
    NUMBER = auto()
    BOOLEAN = auto()
    LIST = auto()
    OBJECT = auto()


@dataclass(frozen=True, slots=True)
class Written:
    """An expression of Treadle."""

    text: str
    kind: Kind
    tight: bool
    """Whether anything may stand beside it without parentheses."""

    @property
    def closed(self) -> str:
        """The text, in parentheses if it needs them."""
        return self.text if self.tight else f"({self.text})"

    @property
    def or_null(self) -> str:
        """The text of a value that is null where it is missing."""
        if self.text.endswith("| default(none)"):
            return self.closed
        return f"({self.closed} | default(none))"
