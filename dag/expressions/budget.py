"""The budget of evaluations, and their deadline.

An expression can run longer than its text only by iterating over elements or by making large
values, so those are counted: steps for elements and characters that are read, items and bytes for
values that are made, always *before* they are made.
"""

from __future__ import annotations

import time

from treadle.dag.expressions.errors import OVER_BUDGET, Fault, OutOfTime

#: Steps of one budget; a step is an element visited, a node of an inner expression evaluated,
#: or a hundred characters read. Eight million are one to two seconds, and several passes over the
#: largest payload.
STEPS = 8_000_000

#: List elements and object entries that may be made: about 150 MB of memory at worst.
ITEMS = 3_000_000

#: Bytes of text that may be made: six times the largest payload.
BYTES = 64 * 1024 * 1024

#: What an empty text costs in bytes, so that a million tiny texts count for what they take.
TEXT_OVERHEAD_BYTES = 48

#: Steps between two looks at the clock: some milliseconds of work.
_STEPS_A_LOOK = 20_000

#: Characters that are read for one step where text is scanned at the machine's speed.
CHARACTERS_A_STEP = 128


class Budget:
    """What is left to spend. One budget may serve several evaluations, which then share it."""

    __slots__ = ("_deadline", "_next_look", "bytes", "items", "steps")

    def __init__(
        self,
        steps: int = STEPS,
        items: int = ITEMS,
        size: int = BYTES,
        *,
        deadline: float = float("inf"),
    ) -> None:
        """`deadline` is when all evaluations are to be over, as `time.monotonic()` tells it."""
        self.steps = steps
        self.items = items
        self.bytes = size
        self._deadline = deadline
        self._next_look = steps

    def visit(self, elements: int) -> None:
        """Pay for looking at so many elements."""
        self.steps -= elements
        if self.steps < self._next_look:
            self._look()

    def read(self, text: str) -> None:
        """Pay for scanning a text once."""
        self.steps -= 1 + len(text) // CHARACTERS_A_STEP
        if self.steps < self._next_look:
            self._look()

    def make_items(self, items: int) -> None:
        """Pay for a list or object of so many entries, before it is made."""
        self.items -= items + 1
        if self.items < 0:
            raise _over("makes more list and object entries than a node may in one attempt")

    def make_text(self, characters: int, wide: bool = True) -> None:
        """Pay for a text of so many characters, before it is made; `wide` if not all is ASCII."""
        self.bytes -= TEXT_OVERHEAD_BYTES + (characters * 4 if wide else characters)
        if self.bytes < 0:
            raise _over("makes more text than a node may in one attempt")

    def make_texts(self, texts: int, characters: int, wide: bool = True) -> None:
        """Pay for a list of so many texts, of so many characters in all."""
        self.make_items(texts)
        self.bytes -= TEXT_OVERHEAD_BYTES * texts
        self.make_text(characters, wide)

    def _look(self) -> None:
        if self.steps < 0:
            raise _over("takes more steps than a node may in one attempt")
        if time.monotonic() > self._deadline:
            raise OutOfTime
        self._next_look = max(0, self.steps - _STEPS_A_LOOK)


def _over(what: str) -> Fault:
    return Fault(
        f"It {what}",
        OVER_BUDGET,
        "Work on less data at a time: loop over it with FOR_EACH, or do this step in a task.",
    )
