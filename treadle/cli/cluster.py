"""What commands ask of a cluster, however it is reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.problems import Problem
from treadle.dag.states import ExecutionStatus, InteractionStatus
from treadle.wire.events import Event
from treadle.wire.executions import ExecutionBrief, ExecutionRecord, ExecutionWarning

if TYPE_CHECKING:  # what a command that only looks at executions does not load
    from treadle.ledger.engine.submission import Submission
    from treadle.ledger.views.node_logs import Lines
    from treadle.wire.causes import Causes
    from treadle.wire.interactions import Answered, Interaction, InteractionResponse
    from treadle.wire.logs import LogLine, LogLines
    from treadle.wire.plans import Plan


@unique
class Control(StrEnum):
    """What a person does to an execution."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class Started:
    """An execution that a command began."""

    id: UUID
    status: str
    """The execution's, or the plan's."""
    repeated: bool = False
    """Its idempotency key was known: it began before."""


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with a workflow, and what is doubtful, by all that a cluster knows of it."""

    problems: Sequence[Problem]
    """Such as a secret that a gateway's caller may not use."""
    warnings: Sequence[Problem]
    """Such as a task that no worker has."""


class Reader(Protocol):
    """A cluster, as far as it shows executions and questions; they are those of the wire."""

    def execution(self, execution_id: UUID, *, whole: bool) -> ExecutionRecord:
        """Return an execution with all its records; with all they put out, if `whole`."""

    def graph(self, execution: ExecutionRecord) -> CompiledGraph:
        """Return the graph that an execution runs."""

    def lines(self, wanted: Lines, *, after: int, limit: int = 1_000) -> LogLines:
        """Return lines that tasks printed and logged after one, in order, at most so many."""

    def follow_lines(self, wanted: Lines) -> Iterator[LogLine]:
        """Yield all lines as they come; ends with the execution."""

    def warnings(self, execution_id: UUID) -> Sequence[ExecutionWarning]:
        """Return what keeps an execution from going on; safe beside other calls."""

    def causes(self, execution_id: UUID) -> Causes:
        """Return why an execution stands where it stands."""

    def check(self, workflow: Workflow) -> Findings:
        """Return what the cluster alone knows of a workflow that is valid by itself."""

    def executions(
        self,
        *,
        status: ExecutionStatus | None,
        workflow_id: str | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[ExecutionBrief]:
        """Return the newest executions, short; those whose ids begin so, if that is given."""

    def questions(
        self,
        *,
        status: InteractionStatus | None,
        execution_id: UUID | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[Interaction]:
        """Return the newest questions of one's executions, and those that one is asked."""

    def question(self, interaction_id: UUID) -> Interaction:
        """Return a question as it stands."""

    def responses(self, interaction_id: UUID) -> Sequence[InteractionResponse]:
        """Return all that people answered to a question, in the order it came."""


class Cluster(Reader, Protocol):
    """A cluster."""

    def submit(self, request: Submission) -> Started:
        """Begin an execution."""

    def follow(self, execution_id: UUID, *, after_seq: int = 0) -> Iterator[list[Event]]:
        """Yield the events after `after_seq` in order as they come, and now and then none.

        Ends after the event that ends the execution.
        """

    def control(self, action: Control, execution_id: UUID) -> ExecutionStatus:
        """Cancel, pause or resume an execution; return its status."""

    def retry(self, execution_id: UUID, *, key: str | None) -> Started:
        """Repeat an ended execution from where it failed."""

    def ask_for_plan(self, prompt: str, *, key: str | None) -> Started:
        """Have a workflow planned; a plan's id is its execution's."""

    def plan(self, plan_id: UUID) -> Plan:
        """Return a plan as it stands."""

    def answer(self, interaction_id: UUID, raw: Mapping[str, Any]) -> Answered:
        """Answer a question; return it as it then stands, and whether it was `repeated`."""
