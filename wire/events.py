"""Events on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from treadle.dag.model import JsonObject, Milliseconds
from treadle.wire.examples import EXECUTION_ID
from treadle.wire.objects import Uuid, WireObject


class Event(WireObject):
    """An event of an execution."""

    seq: Annotated[int, Field(ge=1)]
    """Its number in its execution, from 1 without gaps."""
    event_type: str
    """One of `dag.events.EventType`, or one of a newer release; ignore what you do not know."""
    execution_id: Uuid
    timestamp: Milliseconds
    data: JsonObject


class Events(WireObject):
    """A page of events, in order."""

    model_config = ConfigDict(
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
    """The `after_seq` of the next request; unchanged while there are no new events."""
