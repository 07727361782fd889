"""Events on the wire."""

from __future__ import annotations

from enum import unique
from typing import Annotated

from pydantic import ConfigDict, Field

from treadle.dag.model import JsonObject, Milliseconds
from treadle.dag.words import Word
from treadle.wire.examples import EXECUTION_ID
from treadle.wire.objects import Uuid, WireObject


@unique
class EventType(Word):
    """What can happen in an execution."""

    EXECUTION_STARTED = "execution_started"
    """It begins: `trigger_id`, and `retry_of` if it repeats another one."""
    EXECUTION_PAUSED = "execution_paused"
    """Nothing new of it begins, or it waits for a person: `reason`."""
    EXECUTION_RESUMED = "execution_resumed"
    """It goes on."""
    EXECUTION_COMPLETED = "execution_completed"
    """It ended as SUCCESS."""
    EXECUTION_FAILED = "execution_failed"
    """It ended as ERROR or TIMEOUT: `error`."""
    EXECUTION_CANCELED = "execution_canceled"
    """It ended as CANCELED."""
    NODE_STARTED = "node_started"
    """An attempt of a node begins."""
    NODE_OUTPUT_UPDATE = "node_output_update"
    """A running node says how far it is: `data`."""
    NODE_COMPLETED = "node_completed"
    """A node is done and leaves by `output_key`."""
    NODE_FAILED = "node_failed"
    """A node failed for good: `error`."""
    NODE_RETRYING = "node_retrying"
    """An attempt failed and is repeated after `delay_ms`: `error`."""
    NODE_SKIPPED = "node_skipped"
    """The run takes no way that leads to a node: `reason`."""
    USER_INPUT_REQUIRED = "user_input_required"
    """A node asks a person: `interaction_id`, `title`, `timeout_at`."""
    USER_INPUT_DUE_SOON = "user_input_due_soon"
    """The time of a question is nearly over."""


FINAL_EVENTS = frozenset(
    {
        EventType.EXECUTION_COMPLETED,
        EventType.EXECUTION_FAILED,
        EventType.EXECUTION_CANCELED,
    }
)
"""Events that end an execution: none follows."""


class Event(WireObject):
    """Something that happened in an execution."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    seq: Annotated[int, Field(ge=1)]
    """Its number in its execution, without a gap."""
    event_type: str
    """One of `EventType`, or one that a newer release tells; pass over what you do not know."""
    execution_id: Uuid
    timestamp: Milliseconds
    data: JsonObject


class Events(WireObject):
    """A page of events, in order."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "seq": 1,
                            "event_type": "execution_started",
                            "execution_id": EXECUTION_ID,
                            "timestamp": 1_767_225_600_000,
                            "data": {"trigger_id": "start"},
                        }
                    ],
                    "after_seq": 1,
                }
            ]
        },
    )

    events: list[Event]
    after_seq: int
    """What to ask for next with; the same as before when nothing more is there yet."""
