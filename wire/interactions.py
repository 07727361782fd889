"""Questions to people, and their answers, on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, Field

from treadle.dag.channels import ChannelType
from treadle.dag.forms import InputField
from treadle.dag.model import JsonObject, Milliseconds
from treadle.dag.questions import (
    ApprovalOption,
    Decision,
    InteractionType,
    Priority,
    SelectionOption,
    TimeoutAction,
)
from treadle.dag.replies import Verdict
from treadle.dag.states import InteractionStatus
from treadle.wire.errors import WireError
from treadle.wire.examples import EXECUTION_ID
from treadle.wire.objects import Uuid, WireObject

INTERACTION_ID = "019b75f2-5b10-7c02-9f3a-52c1d0a7e111"

_ASKED: dict[str, Any] = {
    "id": INTERACTION_ID,
    "execution_id": EXECUTION_ID,
    "node_id": "ask",
    "scope": "",
    "interaction_type": "approval",
    "channel_type": "in_app",
    "status": "pending",
    "assignees": ["ana"],
    "title": "Refund 40 to Ada?",
    "message": "The parcel never arrived.",
    "priority": "normal",
    "timeout_action": "fail",
    "default_response": None,
    "approval_options": [
        {"value": "approve", "label": "Approve", "decision": "confirmed"},
        {"value": "reject", "label": "Reject", "decision": "rejected"},
    ],
    "created_at": 1_767_225_600_000,
    "warned_at": None,
    "delivered_at": 1_767_225_600_000,
    "timeout_at": 1_767_229_200_000,
    "decided_at": None,
    "decision": None,
    "answer": None,
    "answered_by": None,
    "via": None,
    "timed_out": False,
}
_DECIDED: dict[str, Any] = {
    **_ASKED,
    "status": "completed",
    "decided_at": 1_767_225_660_000,
    "decision": "confirmed",
    "answer": {"option": "approve", "comment": "Sorry for that."},
    "answered_by": "ana",
    "via": "api",
}


_RESPONSE: dict[str, Any] = {
    "received_at": 1_767_225_630_000,
    "answered_by": "ana",
    "via": "api",
    "verdict": "refused",
    "decision": None,
    "answer": {"decision": "maybe"},
    "error": {
        "error_code": "reply_invalid",
        "error_message": "The answer does not fit the question.",
        "error_details": {
            "reason": "reply_invalid",
            "solution": "Correct what `problems` names, and answer again.",
        },
        "is_retryable": False,
        "timestamp": 1_767_225_630_000,
    },
}


class Interaction(WireObject):
    """A question, with its answer once there is one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_ASKED]})

    id: Uuid
    execution_id: Uuid
    node_id: str
    scope: str
    interaction_type: InteractionType
    channel_type: ChannelType
    status: InteractionStatus
    assignees: list[str]
    """Who may answer; the execution's owner if it is empty."""
    title: str
    message: str
    priority: Priority
    timeout_action: TimeoutAction
    """What happens when nobody answers in time."""
    default_response: JsonObject | None
    approval_options: list[ApprovalOption] = Field(default_factory=list)
    """Only of an `approval`."""
    input_fields: list[InputField] = Field(default_factory=list)
    """Only of an `input`."""
    selection_options: list[SelectionOption] = Field(default_factory=list)
    """Only of a `selection`, as are the two below."""
    min_selections: int = 1
    max_selections: int = 1
    content: Any = None
    """Only of a `review`: the content, which may be edited."""
    created_at: Milliseconds
    warned_at: Milliseconds | None
    delivered_at: Milliseconds | None
    """When its channel accepted it."""
    timeout_at: Milliseconds
    """Its own deadline, or its execution's if that is earlier."""
    decided_at: Milliseconds | None
    decision: Decision | None
    """The output key of its node; null also if nobody answered and the node failed."""
    answer: JsonObject | None
    """approval: `{option, comment}`; input: `{values, comment}`; selection: `{selected, comment}`;
    review: `{content, edited, comment}`."""
    answered_by: str | None
    via: str | None
    """`api`, `cli`, `timeout`, or the name of the channel by which the answer came."""
    timed_out: bool


class InteractionResponse(WireObject):
    """What somebody answered, and what became of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_RESPONSE]})

    received_at: Milliseconds
    answered_by: str
    via: str
    """`api`, `cli`, or the name of the channel by which it came."""
    verdict: Verdict
    """`decided`, `repeated` (what was decided, again), `late`, or `refused`."""
    decision: Decision | None
    """Null if it was refused."""
    answer: JsonObject | None
    """As `answer` of the question; of a refused one, what was sent. Null if it was too large."""
    error: WireError | None
    """Why it was refused."""


class InteractionResponses(WireObject):
    """What people answered to a question."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"responses": [_RESPONSE]}]})

    responses: list[InteractionResponse]
    """In the order they came: the one that decided, and the first 100 of the others."""


class Interactions(WireObject):
    """A page of questions, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"interactions": [_ASKED], "next_cursor": None}]}
    )

    interactions: list[Interaction]
    next_cursor: str | None


class Answered(Interaction):
    """A question that is decided, by this answer or an earlier one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_DECIDED, "repeated": False}]},
    )

    repeated: bool
    """Whether the same had been decided before; then nothing was changed."""
