"""Where random workflows get their choices from: hypothesis, or a seed. One generator for both."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Protocol, TypeVar

from hypothesis import strategies as st

Option = TypeVar("Option")


class Choices(Protocol):
    """A source of choices. The lower the number, the plainer the workflow."""

    def integer(self, low: int, high: int) -> int:
        """Return a number between two, both included."""


class Seeded:
    """The same choices for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)


class Drawn:
    """Choices that hypothesis makes, and shrinks towards the low numbers."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))


def pick(choices: Choices, options: Sequence[Option]) -> Option:
    """Return one of the options; the first is the plainest."""
    return options[choices.integer(0, len(options) - 1)]


def once_in(choices: Choices, times: int) -> bool:
    """Whether what happens once in so many times does; a shrunk workflow does without."""
    return choices.integer(0, times - 1) == times - 1
