"""The error on the wire, as a value of a record and as the body of a refusal."""

from __future__ import annotations

from pydantic import ConfigDict

from treadle.dag.model import Milliseconds, Strict


class ErrorDetails(Strict):
    """Why, what mends it, and the facts of the case beside."""

    model_config = ConfigDict(extra="allow", use_attribute_docstrings=True)

    reason: str
    """For programs; never renamed."""
    solution: str
    """The step that mends it."""


class WireError(Strict):
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


class Fault(Strict):
    """One thing that is wrong with a document."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    path: str
    """Where, such as `nodes[1].configurations.url`."""
    reason: str
    message: str
    solution: str
