"""The states of executions, scopes and nodes, and their only transitions.

Each machine is one literal table of `Transition`s, each with what fires it. The tables in
docs/states.md and the model tests are derived from these rows; the guards of UPDATEs and the CHECKs
are in SQL, and tests compare them with the rows. A row with `None` in `leaves` creates the thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Generic, TypeVar

from treadle.dag.words import Word


@unique
class ExecutionStatus(StrEnum):
    """The state of one run of a workflow; the same text in the ledger and on the wire."""

    NEW = "NEW"
    """Accepted and stored, not begun. No reader sees it: the submission also begins it."""
    RUNNING = "RUNNING"
    """Something is being done, or will be without a person's help."""
    PAUSED = "PAUSED"
    """On hold: a pause was requested, or a question is not delivered yet."""
    WAITING_FOR_HUMAN = "WAITING_FOR_HUMAN"
    """Nothing continues until a person answers."""
    SUCCESS = "SUCCESS"
    """Ended; every failure was handled by the workflow itself."""
    ERROR = "ERROR"
    """Ended by a failure that the workflow did not handle."""
    CANCELED = "CANCELED"
    """Ended by a cancel request, or by its parent's end."""
    TIMEOUT = "TIMEOUT"
    """Ended by its own deadline."""


@unique
class NodeState(StrEnum):
    """The state of a node in one scope of an execution, as the ledger stores it."""

    PENDING = "pending"
    """Some of its arrivals have come, not all."""
    READY = "ready"
    """It can run now; the next free worker takes it."""
    RUNNING = "running"
    """A worker holds its lease and works on it."""
    WAITING = "waiting"
    """It occupies no worker and waits as its `WaitKind` says."""
    WAITING_INPUT = "waiting_input"
    """It asked a person and occupies no worker until the answer."""
    RETRYING = "retrying"
    """Its last attempt failed; the next one is due at a set time."""
    COMPLETED = "completed"
    """Done; its output is stored."""
    FAILED = "failed"
    """It failed for good; its error is stored."""
    SKIPPED = "skipped"
    """The run took no path that leads to it."""
    CANCELED = "canceled"
    """Its execution or loop ended before it could."""


@unique
class NodeStatus(Word):
    """The state of a node on the wire, without the distinctions that only the ledger needs.

    `WIRE_NODE_STATUS` maps each `NodeState` to it.
    """

    PENDING = "pending"
    """It has not started."""
    RUNNING = "running"
    """It has started: an attempt runs, or it waits as `waiting_on` says."""
    WAITING_INPUT = "waiting_input"
    """It asked a person and occupies no worker until the answer."""
    RETRYING = "retrying"
    """Its last attempt failed; the next one is due at a set time."""
    COMPLETED = "completed"
    """Done; its output is stored."""
    FAILED = "failed"
    """It failed for good; its error is stored."""
    SKIPPED = "skipped"
    """The run took no path that leads to it."""
    CANCELED = "canceled"
    """Its execution or loop ended before it could."""


@unique
class InteractionStatus(Word):
    """The state of a question to people."""

    PENDING = "pending"
    """It is open and can be answered."""
    COMPLETED = "completed"
    """A person answered it."""
    TIMEOUT = "timeout"
    """Nobody answered it in time."""
    CANCELED = "canceled"
    """Its execution or loop ended before an answer."""


@unique
class ScopeState(StrEnum):
    """The state of one iteration of a loop's body. The root scope is the execution itself."""

    OPEN = "open"
    """The iteration is running."""
    ENDED = "ended"
    """Nothing in the iteration is open any more; its result is stored."""
    FAILED = "failed"
    """A node of the iteration failed and nothing in the body handled it."""
    CANCELED = "canceled"
    """The loop or the execution ended before the iteration could."""


@unique
class WaitKind(StrEnum):
    """What a `waiting` node waits for."""

    BODY = "body"
    """A loop: the iterations of its body."""
    TIMER = "timer"
    """A time."""
    SIGNAL = "signal"
    """A signal from outside."""
    CHILD = "child"
    """The end of the sub-workflow that it started."""
    SLOT = "slot"
    """A slot under a concurrency limit."""


@unique
class LoopPhase(StrEnum):
    """Why a loop node is `ready`; cleared only by the settle that ends the phase."""

    OPEN = "open"
    """To evaluate its entries and open its first iterations."""
    TURN = "turn"
    """`while`: to check its condition before one more iteration."""
    GATHER = "gather"
    """To collect the results of all iterations and leave."""


State = TypeVar("State", ExecutionStatus, NodeState, ScopeState)


@dataclass(frozen=True, slots=True)
class Transition(Generic[State]):
    """One permitted change of state."""

    leaves: State | None
    """The state before; `None` for a new one."""
    enters: State
    """The state after."""
    when: str
    """What has happened."""
    fired_by: str
    """The calls of the ledger that make the change, as `ledger` lists them. `settle`, `claim` and
    `release` are parts of its `commit`.
    """


ANY_SETTLE = "any settle"
"""Whatever settles nodes, for what follows from it: `settle`, `wake`, `answer`, `time out`, `end
overdue`, and `submit` and `retry`, which settle what an execution begins with.
"""
LATER = "nothing yet"
"""What fires it (limits, sub-workflows) is not built."""

# Short names for the tables below alone.
T, N, S, X = Transition, NodeState, ScopeState, ExecutionStatus
_EARLY = f"{ANY_SETTLE}, cancel, end by deadline"

NODE_TRANSITIONS: tuple[Transition[NodeState], ...] = (
    T(None, N.PENDING, "its first arrival of several", ANY_SETTLE),
    T(None, N.READY, "its only arrival was taken", ANY_SETTLE),
    T(None, N.SKIPPED, "a trigger that did not fire, or nothing was taken", ANY_SETTLE),
    T(None, N.COMPLETED, "the trigger that fired, or retained by a retry", "submit, retry"),
    T(None, N.FAILED, "retained: it left by `error`, or is in a retained loop", "retry"),
    T(None, N.CANCELED, "retained: it is in a retained loop", "retry"),
    T(N.PENDING, N.READY, "all is resolved and something was taken", ANY_SETTLE),
    T(N.PENDING, N.SKIPPED, "all is resolved and nothing was taken, or something upstream failed",
      ANY_SETTLE),
    T(N.PENDING, N.CANCELED, "its execution or scope ends early", _EARLY),
    T(N.READY, N.RUNNING, "a worker takes its lease", "claim, settle"),
    T(N.READY, N.WAITING, "its limit has no free slot", LATER),
    T(N.READY, N.CANCELED, "its execution or scope ends early", _EARLY),
    T(N.RUNNING, N.READY, "released, reclaimed from a lost worker, or not started by one that"
      " hangs", "release, reclaim, end overdue"),
    T(N.RUNNING, N.WAITING, "a loop opened, or a timer started", "settle"),
    T(N.RUNNING, N.WAITING_INPUT, "it asked a person", "settle"),
    T(N.RUNNING, N.RETRYING, "the attempt failed and may be repeated", "settle, end overdue"),
    T(N.RUNNING, N.COMPLETED, "the attempt succeeded", "settle"),
    T(N.RUNNING, N.FAILED, "the attempt failed for good", "settle, end overdue"),
    T(N.RUNNING, N.CANCELED, "its execution or scope ends early", _EARLY),
    T(N.WAITING, N.READY, "a loop has its next phase", ANY_SETTLE),
    T(N.WAITING, N.COMPLETED, "its time is due", "wake"),
    T(N.WAITING, N.FAILED, "a child failed", LATER),
    T(N.WAITING, N.CANCELED, "its execution or scope ends early", _EARLY),
    T(N.WAITING_INPUT, N.COMPLETED, "the question was answered, or its time is over and that"
      " counts as an answer or leaves by `timeout`", "answer, time out"),
    T(N.WAITING_INPUT, N.FAILED, "its time is over, or it never reached its channel", "time out"),
    T(N.WAITING_INPUT, N.CANCELED, "its execution or scope ends early", _EARLY),
    T(N.RETRYING, N.READY, "the next attempt is due", "wake"),
    T(N.RETRYING, N.CANCELED, "its execution or scope ends early", _EARLY),
)  # fmt: skip
"""The node machine. No final state has a row that leaves it. A hand-off goes through
`ready` within one statement.
"""

SCOPE_TRANSITIONS: tuple[Transition[ScopeState], ...] = (
    T(None, S.OPEN, "its loop opens the iteration", ANY_SETTLE),
    T(None, S.ENDED, "retained with its loop", "retry"),
    T(None, S.FAILED, "retained with its loop", "retry"),
    T(None, S.CANCELED, "retained with its loop", "retry"),
    T(S.OPEN, S.ENDED, "its last open node settled", ANY_SETTLE),
    T(S.OPEN, S.FAILED, "a node failed and nothing handles it", ANY_SETTLE),
    T(S.OPEN, S.CANCELED, "the loop or the execution ends early", _EARLY),
)
"""The scope machine."""

EXECUTION_TRANSITIONS: tuple[Transition[ExecutionStatus], ...] = (
    T(None, X.NEW, "it is accepted", "submit, retry"),
    T(X.NEW, X.RUNNING, "it begins, in the same transaction", "submit, retry"),
    T(X.NEW, X.PAUSED, "a pause is requested before it begins", LATER),
    T(X.RUNNING, X.PAUSED, "a pause is requested, or a question is not delivered yet",
      f"pause, {ANY_SETTLE}"),
    T(X.RUNNING, X.WAITING_FOR_HUMAN, "only questions remain open", ANY_SETTLE),
    T(X.PAUSED, X.RUNNING, "resumed with work open, or the undelivered question is decided",
      "resume, answer, time out"),
    T(X.PAUSED, X.WAITING_FOR_HUMAN, "resumed or delivered, only questions open",
      "resume, delivered, answer, time out"),
    T(X.WAITING_FOR_HUMAN, X.RUNNING, "a decision made work ready", "answer, time out"),
    T(X.WAITING_FOR_HUMAN, X.PAUSED, "a pause is requested while a question is open", "pause"),
    T(X.NEW, X.SUCCESS, "there is nothing to run", "submit, retry"),
    T(X.NEW, X.ERROR, "it could not begin", LATER),
    T(X.NEW, X.CANCELED, "somebody cancels it", LATER),
    T(X.NEW, X.TIMEOUT, "its deadline passed", LATER),
    T(X.RUNNING, X.SUCCESS, "its last open node settled", ANY_SETTLE),
    T(X.RUNNING, X.ERROR, "a failure that nothing handled", ANY_SETTLE),
    T(X.RUNNING, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.RUNNING, X.TIMEOUT, "its deadline passed", "end by deadline"),
    T(X.PAUSED, X.SUCCESS, "what was open when the pause came was the last", ANY_SETTLE),
    T(X.PAUSED, X.ERROR, "what was open when the pause came failed", ANY_SETTLE),
    T(X.PAUSED, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.PAUSED, X.TIMEOUT, "its deadline passed", "end by deadline"),
    T(X.WAITING_FOR_HUMAN, X.SUCCESS, "the last question was decided", "answer, time out"),
    T(X.WAITING_FOR_HUMAN, X.ERROR, "a question's time was over and nothing handled it, or the"
      " last was decided after a failure", "answer, time out"),
    T(X.WAITING_FOR_HUMAN, X.CANCELED, "somebody cancels it", "cancel"),
    T(X.WAITING_FOR_HUMAN, X.TIMEOUT, "its deadline passed", "end by deadline"),
)  # fmt: skip
"""The execution machine: unfinished states are derived, final states are final."""


def final_states(table: tuple[Transition[State], ...]) -> frozenset[State]:
    """Return the states without a transition out of them."""
    left = {row.leaves for row in table}
    return frozenset(row.enters for row in table if row.enters not in left)


FINAL_NODE_STATES = final_states(NODE_TRANSITIONS)
FINAL_EXECUTION_STATUSES = final_states(EXECUTION_TRANSITIONS)

WIRE_NODE_STATUS: Mapping[NodeState, NodeStatus] = MappingProxyType(
    {
        # Readers of the API need to know whether it runs, not whether it is in a queue.
        NodeState.READY: NodeStatus.PENDING,
        # Shown with `waiting_on`.
        NodeState.WAITING: NodeStatus.RUNNING,
        **{NodeState(status): status for status in NodeStatus},
    }
)
"""The name of each state in the wire model."""
