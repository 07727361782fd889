"""Outcomes: what an attempt reports to the ledger. Values, never exceptions.

An executor turns a claimed node into exactly one of these; the settle call matches on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # a child of tasks, which asks nobody, starts without them
    from treadle.dag.questions import Question
    from treadle.dag.results import StoredResults
    from treadle.dag.values import Value


@dataclass(frozen=True, slots=True)
class Completed:
    """The node did its work and leaves by `output_key`."""

    output: Value
    output_key: str = "result"
    details: Mapping[str, Any] = field(default_factory=dict)
    """`execution_details` of the wire model, by node type."""


@dataclass(frozen=True, slots=True)
class Failed:
    """The attempt failed by its own error; the retry policy decides whether it is tried again."""

    error: Mapping[str, Any]
    """An Error of the wire model (`TreadleError.to_wire`)."""
    retry_after: timedelta | None = None
    """What an upstream asked for (`Retry-After`); a lower bound of the next attempt's delay."""
    details: Mapping[str, Any] = field(default_factory=dict)
    output: Value = None
    """Its output by `error`; `None` means `{error, input}`, the default of every node."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """The attempt failed by its own error and the retry policy grants another one."""

    error: Mapping[str, Any]
    delay: timedelta
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sleeping:
    """The node waits for a time and then completes with `output`, without a worker."""

    delay: timedelta
    output: Value


@dataclass(frozen=True, slots=True)
class LoopOpened:
    """A loop continues: it evaluated its entries, or its condition held for one more iteration.

    A loop without anything to open is `Completed` by `done` instead.
    """

    items: tuple[Value, ...] | None = None
    """FOR_EACH: the entries in order, at least one. `None` for LOOP, and for stored results."""
    indices: range | None = None
    """LOOP `for_range`: the indices in order, at least one. `None` for FOR_EACH and `while`."""
    results: StoredResults | None = None
    """FOR_EACH: results of another loop that are read from the ledger, instead of `items`."""
    parallel: int = 1
    """FOR_EACH: how many scopes are open at once."""

    @property
    def total(self) -> int | None:
        """How many scopes there will be; `None` for `while`, which opens one more."""
        over = next((o for o in (self.items, self.indices, self.results) if o is not None), None)
        return None if over is None else len(over)


@dataclass(frozen=True, slots=True)
class Asked:
    """The node asked a person and waits for the answer, without a worker."""

    question: Question
    input: Value
    """The node's input, which becomes part of its output with the decision."""


@dataclass(frozen=True, slots=True)
class Released:
    """The attempt was not finished: the node is ready again, and no retry is spent."""

    lost: bool = False
    """The isolated child process of this attempt died: that counts as a loss of the node."""


Outcome = Completed | Failed | Retrying | Sleeping | LoopOpened | Asked | Released

#: What metrics and logs call each kind.
OUTCOME_NAMES: Mapping[type[Outcome], str] = {
    Completed: "completed",
    Failed: "failed",
    Retrying: "retrying",
    Sleeping: "waiting",
    LoopOpened: "waiting",
    Asked: "waiting_input",
    Released: "released",
}
