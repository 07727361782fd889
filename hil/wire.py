"""Interactions as the wire model shows them."""

from __future__ import annotations

from typing import Any

from treadle.dag.questions import OF_TYPE
from treadle.ledger.people.interactions import Interaction
from treadle.ledger.views.executions import milliseconds

#: The fields of a question that every type has and people are shown.
_SHOWN = ("title", "message", "priority", "timeout_action", "default_response")


def to_wire(asked: Interaction) -> dict[str, Any]:
    """Return a question as clients see it; times are in epoch milliseconds.

    Shape: `{id, execution_id, node_id, scope, interaction_type, channel_type, status, title,
    message, priority, assignees, timeout_action, default_response, created_at, warned_at,
    delivered_at, timeout_at, decided_at, decision, answer, answered_by, via, timed_out}`, and what
    its type has: `approval_options`, `input_fields`, `selection_options` with `min_selections` and
    `max_selections`, or `content`.
    """
    question = asked.question.model_dump(mode="json")
    own = OF_TYPE[asked.question.interaction_type]
    return {
        "id": str(asked.id),
        "execution_id": str(asked.execution_id),
        "node_id": asked.node,
        "scope": asked.scope,
        "interaction_type": asked.question.interaction_type,
        "channel_type": asked.question.channel_type,
        "status": asked.status,
        "assignees": list(asked.assignees),
        **{name: question[name] for name in (*_SHOWN, *own)},
        "created_at": milliseconds(asked.created_at),
        "warned_at": milliseconds(asked.warned_at),
        "delivered_at": milliseconds(asked.delivered_at),
        "timeout_at": milliseconds(asked.timeout_at),
        "decided_at": milliseconds(asked.decided_at),
        "decision": asked.decision,
        "answer": asked.answer,
        "answered_by": asked.answered_by,
        "via": asked.via,
        "timed_out": asked.status == "timeout",
    }
