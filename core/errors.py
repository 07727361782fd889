"""The root of all errors: each says what happened, why (machine-readable) and what to do.

A subclass fixes its `reason` (lower snake case, never renamed), whether trying again can help, and
a default `solution`. Facts about the case go to `context`, so that a message stays a sentence and
programs never parse it.
"""

from __future__ import annotations

import time
from typing import Any, ClassVar

import orjson

#: Characters of what is no JSON that an error shows.
_TEXT_SHOWN = 1_000


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
            "error_details": {
                **_as_json(self.context),
                "reason": self.reason,
                "solution": self.advice,
            },
            "is_retryable": self.retryable,
            "timestamp": time.time_ns() // 1_000_000,
        }


def _as_json(context: dict[str, Any]) -> dict[str, Any]:
    """Return facts as JSON; what JSON cannot say stands as text, so that no error is lost by it."""
    try:
        orjson.dumps(context)
    except (TypeError, ValueError, RecursionError):
        return {_text(name): _said(value) for name, value in context.items()}
    return context


def _said(value: Any) -> Any:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError, RecursionError):
        return _text(value)
    return value


def _text(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception:  # noqa: BLE001 - the edge: code of others, which may fail
        text = f"<{type(value).__name__}>"
    return text[:_TEXT_SHOWN].encode(errors="replace").decode()
