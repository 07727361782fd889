"""Events: the closed list of their types, each with its meaning and its data.

A transaction that changes something adds its events (`ledger.engine.unit_of_work`), and readers get
them in order. Tests compare this list with what the ledger adds; docs/events.md is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import unique
from types import MappingProxyType
from typing import NamedTuple

from treadle.dag.states import NodeStatus
from treadle.dag.words import Word


@unique
class EventType(Word):
    """What can happen in an execution; `EVENTS` says what each one means."""

    EXECUTION_STARTED = "execution_started"
    EXECUTION_PAUSED = "execution_paused"
    EXECUTION_RESUMED = "execution_resumed"
    EXECUTION_COMPLETED = "execution_completed"
    EXECUTION_FAILED = "execution_failed"
    EXECUTION_CANCELED = "execution_canceled"
    NODE_STARTED = "node_started"
    NODE_OUTPUT_UPDATE = "node_output_update"
    NODE_COMPLETED = "node_completed"
    NODE_FAILED = "node_failed"
    NODE_RETRYING = "node_retrying"
    NODE_SKIPPED = "node_skipped"
    USER_INPUT_REQUIRED = "user_input_required"
    USER_INPUT_DUE_SOON = "user_input_due_soon"
    USER_INPUT_REFUSED = "user_input_refused"


@unique
class PauseReason(Word):
    """Why an execution was paused."""

    PAUSE_REQUESTED = "pause_requested"
    """Somebody paused it."""
    HUMAN_INPUT_REQUIRED = "human_input_required"
    """Only questions to people are open."""
    NOT_DELIVERED_YET = "not_delivered_yet"
    """Only questions are open, and one of them has not been delivered."""


@unique
class SkipReason(Word):
    """Why a node was skipped."""

    NOT_TAKEN = "not_taken"
    """All its connections are resolved and none was taken."""
    UPSTREAM_FAILED = "upstream_failed"
    """A node upstream failed, in a workflow that continues on failure."""
    NOT_FIRED = "not_fired"
    """It is a trigger, and another one fired."""


def _one_of(words: type[Word]) -> str:
    *names, last = (f"`{each}`" for each in words)
    return f"{', '.join(names)} or {last}"


class Datum(NamedTuple):
    """One of the things that an event carries."""

    name: str
    description: str
    is_optional: bool = False
    """Whether some events of the type do not have it."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """All that is known of one type of event."""

    name: EventType
    """What it is of, and what happened to it."""
    description: str
    data: tuple[Datum, ...] = ()
    node_status: NodeStatus | None = None
    """The status on the wire that its node has from then on, if it changes."""
    is_final: bool = False
    """Whether it is the last event of its execution."""


_STATUS = Datum("status", "the status of the execution from now on")
_NODE = (
    Datum("node_id", "the node"),
    Datum("scope", "the iteration in which it ran; empty outside of loops"),
)
_QUESTION = (
    Datum("interaction_id", "the question"),
    *_NODE,
    Datum("timeout_at", "when its time is over, in epoch milliseconds"),
)
_ERROR = Datum("error", "an Error")

_EVENTS = (
    EventSpec(
        EventType.EXECUTION_STARTED,
        "An execution was acknowledged.",
        (
            Datum("trigger_id", "the trigger that fired"),
            Datum("retry_of", "the execution that it repeats", is_optional=True),
        ),
    ),
    EventSpec(
        EventType.EXECUTION_PAUSED,
        "Nothing runs in it for now.",
        (Datum("reason", _one_of(PauseReason)),),
    ),
    EventSpec(EventType.EXECUTION_RESUMED, "It runs again."),
    EventSpec(EventType.EXECUTION_COMPLETED, "It succeeded.", (_STATUS,), is_final=True),
    EventSpec(
        EventType.EXECUTION_FAILED,
        "It ended with an error, or its time was over.",
        (_STATUS, _ERROR._replace(is_optional=True)),
        is_final=True,
    ),
    EventSpec(
        EventType.EXECUTION_CANCELED,
        "Somebody canceled it.",
        (_STATUS, _ERROR._replace(is_optional=True)),
        is_final=True,
    ),
    EventSpec(
        EventType.NODE_STARTED, "An attempt of a node began.", _NODE, node_status=NodeStatus.RUNNING
    ),
    EventSpec(
        EventType.NODE_OUTPUT_UPDATE,
        "A running node reported its progress.",
        (*_NODE, Datum("data", "the report")),
    ),
    EventSpec(
        EventType.NODE_COMPLETED,
        "A node completed.",
        (*_NODE, Datum("output_key", "the key by which it left")),
        node_status=NodeStatus.COMPLETED,
    ),
    EventSpec(
        EventType.NODE_FAILED, "A node failed.", (*_NODE, _ERROR), node_status=NodeStatus.FAILED
    ),
    EventSpec(
        EventType.NODE_RETRYING,
        "An attempt failed, and there will be another.",
        (*_NODE, _ERROR, Datum("delay_ms", "milliseconds until then")),
        node_status=NodeStatus.RETRYING,
    ),
    EventSpec(
        EventType.NODE_SKIPPED,
        "A node will not run.",
        (*_NODE, Datum("reason", _one_of(SkipReason))),
        node_status=NodeStatus.SKIPPED,
    ),
    EventSpec(
        EventType.USER_INPUT_REQUIRED,
        "A node asked a person.",
        (
            *_QUESTION,
            Datum("interaction_type", "`approval`, `input`, `selection` or `review`"),
            Datum("title", "what is asked, in a line"),
        ),
        node_status=NodeStatus.WAITING_INPUT,
    ),
    EventSpec(EventType.USER_INPUT_DUE_SOON, "The time of a question is nearly over.", _QUESTION),
    EventSpec(
        EventType.USER_INPUT_REFUSED,
        "An answer to a question could not count; the question is still open.",
        (
            Datum("interaction_id", "the question"),
            *_NODE,
            Datum("answered_by", "who answered"),
            Datum("reason", "why: the reason of the error that the person got"),
        ),
    ),
)

EVENTS: Mapping[str, EventSpec] = MappingProxyType({each.name: each for each in _EVENTS})
"""Every type of event, by name."""

FINAL_EVENTS = frozenset(each.name for each in _EVENTS if each.is_final)
"""Those after which none comes."""
