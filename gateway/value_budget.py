"""How many values a JSON text may have: the work and memory of parsing grow with them, not bytes.

They are counted by the text's punctuation before anything is built from it: each value but the
first follows a comma or an opening bracket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

#: A text in JSON, as far as it goes. Possessive, and open at the end, so that it is linear.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)


@dataclass(frozen=True, slots=True)
class ValueBudget:
    """The most values of one text."""

    values: int
    """Of any kind."""
    containers: int
    """Lists and objects: each takes some 250 bytes while it is checked, a number 15."""

    def exceeded_by(self, text: bytes) -> bool:
        """Return whether a text has more; what stands inside its strings is not counted."""
        # Counting in the text as it is takes milliseconds, and is never too low.
        return self._counted(text) and self._counted(_TEXT.sub(b"", text))

    def _counted(self, text: bytes) -> bool:
        containers = text.count(b"[") + text.count(b"{")
        return containers > self.containers or containers + text.count(b",") > self.values
