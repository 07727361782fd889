"""Errors on the wire, as a member of a record and as the body of a response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict

from treadle.dag.model import Milliseconds
from treadle.wire.objects import WireObject, adopting, members


class ErrorDetails(WireObject):
    """The reason of an error, how to fix it, and its context."""

    model_config = ConfigDict(extra="allow")

    reason: str
    """A stable name, for programs."""
    solution: str
    """The step that fixes it."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the context of the error: all members but `reason` and `solution`."""
        own = ErrorDetails.model_fields
        return {name: fact for name, fact in members(self).items() if name not in own}


class WireError(WireObject):
    """An error."""

    model_config = ConfigDict(extra="allow")

    error_code: str
    error_message: str
    error_details: ErrorDetails
    is_retryable: bool
    timestamp: Milliseconds


class Problem(WireError):
    """The body of an error response: the members of RFC 9457, and Treadle's own Error."""

    title: str
    status: int
    detail: str


class DefinitionProblem(WireObject):
    """One problem of a definition."""

    path: str
    """Its place in the definition, such as `nodes[1].configurations.url`."""
    reason: str
    message: str
    solution: str


_details = adopting(ErrorDetails)
_error = adopting(WireError)


def error_of(stored: Mapping[str, Any]) -> WireError:
    """Return an error that was stored as `TreadleError.to_wire` returns it."""
    return _error({**stored, "error_details": _details(dict(stored["error_details"]))})
