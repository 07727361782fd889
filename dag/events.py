"""Events: the closed list of their types, each with its meaning and its data.

A transaction that changes something adds its events (`ledger.engine.unit_of_work`), and readers get
them in order. Tests compare this list with what the ledger adds; docs/events.md is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple


class Datum(NamedTuple):
    """One of the things that an event carries."""

    name: str
    description: str
    is_optional: bool = False
    """Whether some events of the type do not have it."""


@dataclass(frozen=True, slots=True)
class EventSpec:
    """All that is known of one type of event."""

    name: str
    """Its `event_type`: what it is of, and what happened to it."""
    description: str
    data: tuple[Datum, ...] = ()
    node_status: str | None = None
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
        "execution_started",
        "An execution was acknowledged.",
        (
            Datum("trigger_id", "the trigger that fired"),
            Datum("retry_of", "the execution that it repeats", is_optional=True),
        ),
    ),
    EventSpec(
        "execution_paused",
        "Nothing runs in it for now.",
        (Datum("reason", "`pause_requested`, `human_input_required` or `not_delivered_yet`"),),
    ),
    EventSpec("execution_resumed", "It runs again."),
    EventSpec("execution_completed", "It succeeded.", (_STATUS,), is_final=True),
    EventSpec(
        "execution_failed",
        "It ended with an error, or its time was over.",
        (_STATUS, _ERROR._replace(is_optional=True)),
        is_final=True,
    ),
    EventSpec(
        "execution_canceled",
        "Somebody canceled it.",
        (_STATUS, _ERROR._replace(is_optional=True)),
        is_final=True,
    ),
    EventSpec("node_started", "An attempt of a node began.", _NODE, node_status="running"),
    EventSpec(
        "node_output_update",
        "A running node reported its progress.",
        (*_NODE, Datum("data", "the report")),
    ),
    EventSpec(
        "node_completed",
        "A node completed.",
        (*_NODE, Datum("output_key", "the key by which it left")),
        node_status="completed",
    ),
    EventSpec("node_failed", "A node failed.", (*_NODE, _ERROR), node_status="failed"),
    EventSpec(
        "node_retrying",
        "An attempt failed, and there will be another.",
        (*_NODE, _ERROR, Datum("delay_ms", "milliseconds until then")),
        node_status="retrying",
    ),
    EventSpec(
        "node_skipped",
        "A node will not run.",
        (*_NODE, Datum("reason", "`not_taken`, `upstream_failed` or `not_fired`")),
        node_status="skipped",
    ),
    EventSpec(
        "user_input_required",
        "A node asked a person.",
        (
            *_QUESTION,
            Datum("interaction_type", "`approval`, `input`, `selection` or `review`"),
            Datum("title", "what is asked, in a line"),
        ),
        node_status="waiting_input",
    ),
    EventSpec("user_input_due_soon", "The time of a question is nearly over.", _QUESTION),
)

EVENTS: Mapping[str, EventSpec] = MappingProxyType({each.name: each for each in _EVENTS})
"""Every type of event, by name."""

FINAL_EVENTS = frozenset(each.name for each in _EVENTS if each.is_final)
"""Those after which none comes."""
