"""Events on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from treadle.dag.model import JsonObject, Milliseconds, Strict
from treadle.gateway.models.examples import EXECUTION_ID
from treadle.gateway.models.executions import Uuid


class Event(Strict):
    """Something that happened in an execution."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    seq: Annotated[int, Field(ge=1)]
    """Its number in its execution, without a gap."""
    event_type: str
    execution_id: Uuid
    timestamp: Milliseconds
    data: JsonObject


class Events(Strict):
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


_STREAM = (
    "retry: 1000\n\n"
    "id: 1\n"
    "event: execution_started\n"
    f'data: {{"seq":1,"event_type":"execution_started","execution_id":"{EXECUTION_ID}",'
    '"timestamp":1767225600000,"data":{"trigger_id":"start"}}\n\n'
)

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of events, or with `Accept: text/event-stream` all as they come.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _STREAM}},
    },
    204: {"description": "The execution is over, and the reader has all of its events."},
}
"""What a route that streams answers, for its documentation."""
