"""Events: the closed list of what an execution tells, each with what it means and carries.

A transaction that changes something adds its events (`ledger.engine.unit_of_work`), and readers get
them in order. Tests compare this list with what the ledger adds; docs/events.md is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class EventSpec:
    """All that is known of one type of event."""

    name: str
    """Its `event_type`: what it is of, and what happened to it."""
    description: str
    data: Mapping[str, str] = field(default_factory=dict)
    """What its `data` holds, by name: in words."""
    optional: frozenset[str] = frozenset()
    """Those that are not always there."""
    node_status: str | None = None
    """The status on the wire that its node has from then on, if it has another."""
    is_final: bool = False
    """Whether it is the last of its execution."""


_STATUS = {"status": "the execution's, from now on"}
_ENDED = {**_STATUS, "error": "an Error: what it ended by"}
_NODE = {"node_id": "the node", "scope": "the iteration it ran in; empty outside of loops"}
_QUESTION = {
    "interaction_id": "the question",
    **_NODE,
    "timeout_at": "when its time is over, in epoch milliseconds",
}

_EVENTS = (
    EventSpec(
        "execution_started",
        "An execution was acknowledged.",
        {"trigger_id": "the trigger that fired", "retry_of": "the execution that it repeats"},
        optional=frozenset({"retry_of"}),
    ),
    EventSpec(
        "execution_paused",
        "Nothing goes on in it for now.",
        {"reason": "`pause_requested`, `human_input_required` or `not_delivered_yet`"},
    ),
    EventSpec("execution_resumed", "It goes on."),
    EventSpec("execution_completed", "It came to its end.", _STATUS, is_final=True),
    EventSpec(
        "execution_failed",
        "It ended by an error, or its time was over.",
        _ENDED,
        optional=frozenset({"error"}),
        is_final=True,
    ),
    EventSpec(
        "execution_canceled",
        "It was ended by somebody.",
        _ENDED,
        optional=frozenset({"error"}),
        is_final=True,
    ),
    EventSpec("node_started", "An attempt of a node began.", _NODE, node_status="running"),
    EventSpec(
        "node_output_update",
        "A node says how far it is.",
        {**_NODE, "data": "what it says"},
    ),
    EventSpec(
        "node_completed",
        "A node did its work.",
        {**_NODE, "output_key": "the key it left by"},
        node_status="completed",
    ),
    EventSpec(
        "node_failed",
        "A node failed for good.",
        {**_NODE, "error": "an Error"},
        node_status="failed",
    ),
    EventSpec(
        "node_retrying",
        "An attempt failed, and there will be another.",
        {**_NODE, "error": "an Error", "delay_ms": "milliseconds until then"},
        node_status="retrying",
    ),
    EventSpec(
        "node_skipped",
        "A node will not run.",
        {**_NODE, "reason": "why"},
        node_status="skipped",
    ),
    EventSpec(
        "user_input_required",
        "A node asks a person.",
        {
            **_QUESTION,
            "interaction_type": "approval, input, selection or review",
            "title": "what is asked, in a line",
        },
        node_status="waiting_input",
    ),
    EventSpec("user_input_due_soon", "The time of a question is nearly over.", _QUESTION),
)

EVENTS: Mapping[str, EventSpec] = MappingProxyType({each.name: each for each in _EVENTS})
"""Every type of event, by name."""

FINAL_EVENTS = frozenset(each.name for each in _EVENTS if each.is_final)
"""Those after which none comes."""
