"""Outcomes: what an attempt hands to the ledger. Values, never exceptions.

An executor turns a claimed node into exactly one of these; the settle call matches on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from dag.values import Value


@dataclass(frozen=True, slots=True)
class Completed:
    """The node did its work and leaves by `output_key`."""

    output: Value
    output_key: str = "result"
    details: Mapping[str, Any] = field(default_factory=dict)
    """`execution_details` of the wire model, by node type."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed by its own error; whether it is tried again is the retry policy's."""

    error: Mapping[str, Any]
    """An Error of the wire model (`TreadleError.to_wire`)."""
    retry_after: timedelta | None = None
    """What an upstream asked for (`Retry-After`); a lower bound of the next attempt's delay."""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sleeping:
    """The node waits for a time and then completes with `output`, without a worker."""

    delay: timedelta
    output: Value


@dataclass(frozen=True, slots=True)
class LoopOpened:
    """A loop evaluated what it goes over; its scopes may be opened."""

    items: tuple[Value, ...] | None
    """FOR_EACH: the entries in order. `None` for LOOP."""
    indices: range | None
    """LOOP `for_range`: the indices in order. `None` for FOR_EACH and `while`."""
    more: bool = True
    """LOOP `while`: whether the condition held, so that one more turn is opened."""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The attempt was not carried through (drain, no capability); uncharged."""

    why: str


Outcome = Completed | Failed | Sleeping | LoopOpened | GivenBack
