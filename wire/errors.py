"""The error on the wire, as a value of a record and as the body of a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict

from treadle.dag.model import Milliseconds
from treadle.wire.objects import WireObject, adopting, members


class ErrorDetails(WireObject):
    """Why, how to fix it, and the facts of the case."""

    model_config = ConfigDict(extra="allow")

    reason: str
    """For programs; never renamed."""
    solution: str
    """The step that fixes it."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the facts of the case."""
        own = ErrorDetails.model_fields
        return {name: fact for name, fact in members(self).items() if name not in own}


class WireError(WireObject):
    """What went wrong."""

    model_config = ConfigDict(extra="allow")

    error_code: str
    error_message: str
    error_details: ErrorDetails
    is_retryable: bool
    timestamp: Milliseconds


class Problem(WireError):
    """A refusal: the members of RFC 9457, and Treadle's own Error."""

    title: str
    status: int
    detail: str


class Fault(WireObject):
    """One thing that is wrong with a document."""

    path: str
    """Where, such as `nodes[1].configurations.url`."""
    reason: str
    message: str
    solution: str


_details = adopting(ErrorDetails)
_error = adopting(WireError)


def error_of(stored: Mapping[str, Any]) -> WireError:
    """Return an error that is kept as `TreadleError.to_wire` says it."""
    return _error({**stored, "error_details": _details(dict(stored["error_details"]))})
