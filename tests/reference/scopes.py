"""What the interpreter knows of a scope while it walks it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.reference.result import ANY, known


class Arrival(Enum):
    TAKEN = "its source left by this connection"
    PASSED = "its source settled and did not take it"
    POISONED = "its source failed, or was skipped for a failure, and the workflow goes on"
    NEVER = "its source failed, and that ends the scope"


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a node of the scope at hand."""

    status: str
    key: str | None = None
    output: Any = None
    error: Mapping[str, Any] | None = None
    poisoned: bool = False
    after: tuple[str, ...] = ()
    """The sources that had settled for sure when this node was ready."""
    unsure: str | None = None
    """Why its output is not the same in every run, if so."""

    @property
    def unhandled(self) -> bool:
        return self.status == "failed" and self.key is None


@dataclass(frozen=True, slots=True)
class Scope:
    """One iteration of a loop's body, or the root."""

    path: str
    loop: str | None
    variables: Mapping[str, Any]
    entry: Any = None
    """What the body's first nodes get."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """`nodes` of expressions: what settled here and around so far."""
    doubtful: Mapping[str, str] = field(default_factory=dict)
    """What settled around, but not for sure, or not the same in every run, with the reason."""
    settled: dict[str, Settled] = field(default_factory=dict)

    def settle(self, node: str, settled: Settled) -> None:
        self.settled[node] = settled
        if settled.key is not None:
            self.outputs[node] = known(settled.output) if settled.unsure else settled.output

    def settled_before(self, node: str) -> set[str]:
        """The nodes of this scope that have settled for sure by the time `node` is ready."""
        seen: set[str] = set()
        front = list(self.settled[node].after)
        while front:
            source = front.pop()
            if source not in seen:
                seen.add(source)
                front.extend(self.settled[source].after if source in self.settled else ())
        return seen


@dataclass(frozen=True, slots=True)
class End:
    """How a scope ended."""

    leaves: Mapping[str, Any]
    errors: tuple[Mapping[str, Any], ...]
    """The errors that may have failed it: the first of them did."""

    @property
    def result(self) -> Any:
        """An iteration's result."""
        if len(self.leaves) == 1:
            return next(iter(self.leaves.values()))
        return dict(self.leaves) or None


class LoopFailed(Exception):
    """A loop ends by an error; carries what it puts out by `error`."""

    def __init__(self, error: Any, scope: Any, results: Any, unsure: str | None = None) -> None:
        self.output = {"error": error, "scope": scope, "results": results}
        self.unsure = unsure


def error_of(errors: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The error that ended a scope; without a code if different ones race for it."""
    if len({error["error_code"] for error in errors}) == 1:
        return errors[0]
    return {**errors[0], "error_code": ANY}
