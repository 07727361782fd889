"""The root of all errors: each says what happened, why (machine-readable) and what to do.

A subclass fixes its `reason` (lower snake case, never renamed), whether trying again can help, and
a default `solution`. Facts about the case go to `context`, so that a message stays a sentence and
programs never parse it.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar


class TreadleError(Exception):
    """An error for people and programs."""

    reason: ClassVar[str] = "internal_error"
    """Machine-readable cause; part of the public contract."""
    retryable: ClassVar[bool] = False
    """Whether the same request may succeed later, unchanged."""
    solution: ClassVar[str] = "Report this with the context below; it is a defect in Treadle."
    """What to do about it; `__init__` may set a more specific one."""

    def __init__(self, message: str, *, solution: str | None = None, **context: Any) -> None:
        super().__init__(message)
        self.message = message
        self.advice = solution or type(self).solution
        self.context = context

    def to_wire(self) -> dict[str, Any]:
        """Return the Error of the wire model.

        Shape: `{error_code, error_message, error_details{reason, solution, …context},
        is_retryable, timestamp}`; the time in epoch milliseconds.
        """
        return {
            "error_code": self.reason,
            "error_message": self.message,
            "error_details": {**self.context, "reason": self.reason, "solution": self.advice},
            "is_retryable": self.retryable,
            "timestamp": time.time_ns() // 1_000_000,
        }
