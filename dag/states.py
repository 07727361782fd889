"""The states of executions, scopes and nodes, and the only ways between them.

Each machine is one literal table of `Transition`s, a row each with who fires it. The tables in
docs/states.md and the model tests are derived from these rows; guards of UPDATEs and CHECKs stand
in SQL, and tests hold them to the rows. A row whose `leaves` is `None` says how a thing comes into
being.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Generic, TypeVar


@unique
class ExecutionStatus(StrEnum):
    """Where one run of a workflow stands; the same word in the ledger and on the wire."""

    NEW = "NEW"
    """Accepted and safe; nothing of it has begun."""
    RUNNING = "RUNNING"
    """Something of it is being done, or will be without anybody's help."""
    PAUSED = "PAUSED"
    """Held: somebody asked for a pause, or a question could not be delivered yet."""
    WAITING_FOR_HUMAN = "WAITING_FOR_HUMAN"
    """Nothing goes on until a person answers."""
    SUCCESS = "SUCCESS"
    """Ended; every failure on the way was dealt with by the workflow itself."""
    ERROR = "ERROR"
    """Ended by a failure that the workflow did not deal with."""
    CANCELED = "CANCELED"
    """Ended because somebody, or its parent's end, said so."""
    TIMEOUT = "TIMEOUT"
    """Ended by its own deadline."""


@unique
class NodeState(StrEnum):
    """Where a node stands in one scope of an execution, as the ledger keeps it."""

    PENDING = "pending"
    """Some of what it waits for has arrived, not all."""
    READY = "ready"
    """It could run now; the next free worker takes it."""
    RUNNING = "running"
    """A worker holds its lease and works on it."""
    WAITING = "waiting"
    """It holds no worker and waits for what its `WaitKind` says."""
    WAITING_INPUT = "waiting_input"
    """It asked a person and holds no worker until the answer."""
    RETRYING = "retrying"
    """Its last attempt failed; the next one is due at a set time."""
    COMPLETED = "completed"
    """Done; its output is kept."""
    FAILED = "failed"
    """It failed for good; its error is kept."""
    SKIPPED = "skipped"
    """The run took no way that leads to it."""
    CANCELED = "canceled"
    """Its execution or loop ended before it could."""


@unique
class ScopeState(StrEnum):
    """Where one iteration of a loop's body stands. The root scope is the execution itself."""

    OPEN = "open"
    """The iteration goes on."""
    ENDED = "ended"
    """Nothing of the iteration is open any more; its result is kept."""
    FAILED = "failed"
    """A node of the iteration failed and nothing in the body dealt with it."""
    CANCELED = "canceled"
    """The loop or the execution ended before the iteration could."""


@unique
class WaitKind(StrEnum):
    """What a `waiting` node waits for."""

    BODY = "body"
    """A loop: for the iterations of its body."""
    TIMER = "timer"
    """For the clock."""
    SIGNAL = "signal"
    """For a signal from outside."""
    CHILD = "child"
    """For the end of the sub-workflow that it started."""
    SLOT = "slot"
    """For room under a concurrency limit."""


@unique
class LoopPhase(StrEnum):
    """Why a loop node is `ready`; cleared only by the settle that ends the phase."""

    OPEN = "open"
    """To evaluate what it goes over and open its first iterations."""
    TURN = "turn"
    """`while`: to check its condition before one more iteration."""
    GATHER = "gather"
    """To collect the results of all iterations and leave."""


State = TypeVar("State", ExecutionStatus, NodeState, ScopeState)


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """One permitted change of state."""

    leaves: State | None
    """The state before; `None` where the thing comes into being."""
    enters: State
    """The state after."""
    when: str
    """What has happened."""
    fired_by: str
    """The call of the ledger that makes the change."""


# Short names for the tables below alone.
T, N, S, X = Transition, NodeState, ScopeState, ExecutionStatus

NODE_TRANSITIONS: tuple[Transition[NodeState], ...] = (
    T(None, N.PENDING, "its first arrival of several", "settle"),
    T(None, N.READY, "it is fired, or its only arrival was taken", "submit, settle"),
    T(None, N.SKIPPED, "it is not fired, or nothing was taken", "submit, settle"),
    T(None, N.COMPLETED, "kept from the execution that is retried", "retry"),
    T(None, N.FAILED, "kept: it had left by its error key", "retry"),
    T(N.PENDING, N.READY, "all is resolved and something was taken", "settle"),
    T(N.PENDING, N.SKIPPED, "all is resolved and nothing was taken, or poisoned", "settle"),
    T(N.PENDING, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
    T(N.READY, N.RUNNING, "a worker takes its lease", "claim, settle"),
    T(N.READY, N.WAITING, "its limit has no free slot", "claim"),
    T(N.READY, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
    T(N.RUNNING, N.READY, "given back, or taken back from a lost worker", "give back, take back"),
    T(N.RUNNING, N.WAITING, "a loop opened, a timer or a child started", "settle"),
    T(N.RUNNING, N.WAITING_INPUT, "it asked a person", "settle"),
    T(N.RUNNING, N.RETRYING, "the attempt failed and may be repeated", "settle, take back"),
    T(N.RUNNING, N.COMPLETED, "the attempt succeeded", "settle"),
    T(N.RUNNING, N.FAILED, "the attempt failed for good", "settle, take back"),
    T(N.RUNNING, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
    T(N.WAITING, N.READY, "a slot is free, or a loop has its next phase", "wake, settle"),
    T(N.WAITING, N.COMPLETED, "its time, signal or child's end has come", "wake"),
    T(N.WAITING, N.FAILED, "an iteration or a child failed", "settle, wake"),
    T(N.WAITING, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
    T(N.WAITING_INPUT, N.COMPLETED, "the question was answered", "answer"),
    T(N.WAITING_INPUT, N.FAILED, "the question timed out", "wake"),
    T(N.WAITING_INPUT, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
    T(N.RETRYING, N.READY, "the next attempt is due", "wake"),
    T(N.RETRYING, N.CANCELED, "its execution or scope ends early", "settle, cancel, end"),
)  # fmt: skip
"""The node machine (DESIGN 5). No final state has a row that leaves it."""

SCOPE_TRANSITIONS: tuple[Transition[ScopeState], ...] = (
    T(None, S.OPEN, "its loop opens the iteration", "settle"),
    T(S.OPEN, S.ENDED, "its last open node settled", "settle, wake"),
    T(S.OPEN, S.FAILED, "a node failed with nothing to deal with it", "settle, wake"),
    T(S.OPEN, S.CANCELED, "the loop or the execution ends early", "settle, cancel, end"),
)
"""The scope machine."""

EXECUTION_TRANSITIONS: tuple[Transition[ExecutionStatus], ...] = (
    T(None, X.NEW, "a submission is accepted", "submit, retry"),
    T(X.NEW, X.RUNNING, "its first node is claimed", "claim"),
    T(X.NEW, X.PAUSED, "a pause is asked for before it begins", "pause"),
    T(X.NEW, X.WAITING_FOR_HUMAN, "its first settle asked a person", "settle"),
    T(X.RUNNING, X.PAUSED, "a pause is asked for, or a question is not out yet", "pause, settle"),
    T(X.RUNNING, X.WAITING_FOR_HUMAN, "only questions remain open", "settle"),
    T(X.PAUSED, X.RUNNING, "resumed with work open", "resume, settle"),
    T(X.PAUSED, X.WAITING_FOR_HUMAN, "resumed or delivered, only questions open", "resume, settle"),
    T(X.WAITING_FOR_HUMAN, X.RUNNING, "an answer or a timer made work ready", "answer, wake"),
    T(X.WAITING_FOR_HUMAN, X.PAUSED, "a pause is asked for while a person thinks", "pause"),
    T(X.NEW, X.SUCCESS, "its last open node settled", "settle"),
    T(X.NEW, X.ERROR, "a failure nothing dealt with", "settle"),
    T(X.NEW, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.NEW, X.TIMEOUT, "its deadline passed", "end"),
    T(X.RUNNING, X.SUCCESS, "its last open node settled", "settle, wake"),
    T(X.RUNNING, X.ERROR, "a failure nothing dealt with", "settle, take back, wake"),
    T(X.RUNNING, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.RUNNING, X.TIMEOUT, "its deadline passed", "end"),
    T(X.PAUSED, X.SUCCESS, "what ran when the pause came was the last", "settle, answer"),
    T(X.PAUSED, X.ERROR, "what ran when the pause came failed", "settle, take back, wake"),
    T(X.PAUSED, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.PAUSED, X.TIMEOUT, "its deadline passed", "end"),
    T(X.WAITING_FOR_HUMAN, X.SUCCESS, "the last question was answered", "answer"),
    T(X.WAITING_FOR_HUMAN, X.ERROR, "a question timed out and nothing dealt with it", "wake"),
    T(X.WAITING_FOR_HUMAN, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.WAITING_FOR_HUMAN, X.TIMEOUT, "its deadline passed", "end"),
)  # fmt: skip
"""The execution machine: among unfinished states derived, and final is final."""


def final_states(table: tuple[Transition[State], ...]) -> frozenset[State]:
    """Return the states that nothing leaves."""
    left = {row.leaves for row in table}
    return frozenset(row.enters for row in table if row.enters not in left)


FINAL_NODE_STATES = final_states(NODE_TRANSITIONS)
FINAL_EXECUTION_STATUSES = final_states(EXECUTION_TRANSITIONS)

WIRE_NODE_STATUS: Mapping[NodeState, str] = MappingProxyType(
    {
        **{state: state.value for state in NodeState},
        # A reader of the API cares whether it runs, not whether a worker has been found yet.
        NodeState.READY: NodeState.PENDING.value,
        # Shown with `waiting_on`.
        NodeState.WAITING: NodeState.RUNNING.value,
    }
)
"""Each state as the wire model says it."""
