"""The responses of a route that streams events, for its documentation."""

from __future__ import annotations

from typing import Any

from treadle.wire.examples import EXECUTION_ID

_STREAM = (
    "retry: 1000\n\n"
    "id: 1\n"
    "event: execution_started\n"
    f'data: {{"seq":1,"event_type":"execution_started","execution_id":"{EXECUTION_ID}",'
    '"timestamp":1767225600000,"data":{"trigger_id":"start"}}\n\n'
)

_LINES = (
    "retry: 1000\n\n"
    "id: 1\n"
    "event: line\n"
    'data: {"seq":1,"timestamp":1767225600000,"node_id":"fetch","scope":"","attempt":1,'
    '"stream":"stdout","level":null,"logger":null,"text":"200 rows"}\n\n'
)

LINE_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of lines, or with `Accept: text/event-stream` all as they come.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _LINES}},
    },
    204: {"description": "The execution is over, and the reader has all of its lines."},
}
"""The responses of the route that streams lines of tasks."""

EVENT_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of events, or with `Accept: text/event-stream` all as they come.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": _STREAM}},
    },
    204: {"description": "The execution is over, and the reader has all of its events."},
}
"""The responses of a route that streams events, for its documentation."""
