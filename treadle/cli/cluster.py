"""What commands ask of a cluster, however it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from treadle.dag.graph import CompiledGraph
from treadle.ledger.engine.submission import Submission

Event = dict[str, Any]
Control = Literal["cancel", "pause", "resume"]


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that a command began."""

    id: UUID
    status: str
    repeated: bool = False
    """Its idempotency key was known: it began before."""


class Cluster(Protocol):
    """A cluster. Executions are those of the wire model."""

    def submit(self, request: Submission) -> Started:
        """Begin an execution."""

    def execution(self, execution_id: UUID, *, whole: bool) -> dict[str, Any]:
        """Return an execution with all its records; with all they put out, if `whole`."""

    def graph(self, execution: Mapping[str, Any]) -> CompiledGraph:
        """Return the graph that an execution runs."""

    def executions(
        self, *, status: str | None, workflow_id: str | None, limit: int
    ) -> Sequence[dict[str, Any]]:
        """Return the newest executions, short."""

    def follow(self, execution_id: UUID, *, after_seq: int = 0) -> Iterator[list[Event]]:
        """Yield the events after `after_seq` in order as they come, and now and then none.

        Ends after the event that ends the execution.
        """

    def control(self, action: Control, execution_id: UUID) -> str:
        """Cancel, pause or resume an execution; return its status."""

    def retry(self, execution_id: UUID) -> Started:
        """Repeat an ended execution from where it failed."""

    def ask_for_plan(self, prompt: str, *, key: str | None) -> Started:
        """Have a workflow planned; a plan's id is its execution's."""

    def plan(self, plan_id: UUID) -> dict[str, Any]:
        """Return a plan as it stands."""

    def questions(
        self, *, status: str | None, execution_id: UUID | None, limit: int
    ) -> Sequence[dict[str, Any]]:
        """Return the newest questions of one's executions, and those that one is asked."""

    def question(self, interaction_id: UUID) -> dict[str, Any]:
        """Return a question as it stands."""

    def answer(self, interaction_id: UUID, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a question; return it as it then stands, and whether it was `repeated`."""
