"""Following an execution through a gateway that comes and goes."""

from __future__ import annotations

from contextlib import closing

import pytest

from tests.support.loopback_server import Answer, serving
from treadle.cli.remote import Remote
from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.wire.errors import ErrorDetails, WireError
from treadle.wire.events import Event
from treadle.wire.objects import to_json

STREAM = {"Content-Type": "text/event-stream"}
PROBLEM = {"Content-Type": "application/problem+json"}


def told(seq: int, kind: str) -> bytes:
    """Return an event of a stream."""
    event = Event(seq=seq, event_type=kind, execution_id=str(new_id()), timestamp=0, data={})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, kind.encode(), to_json(event))


def refused(status: int, reason: str, *, retryable: bool) -> Answer:
    """Return a refusal as the gateway gives it."""
    error = WireError(
        error_code=reason,
        error_message="No.",
        error_details=ErrorDetails(reason=reason, solution="Wait."),
        is_retryable=retryable,
        timestamp=0,
    )
    return Answer(status, PROBLEM, to_json(error))


def test_a_stream_goes_on_after_a_gateway_that_had_no_ledger() -> None:
    """What passes is waited for, and nothing is asked for twice."""
    execution = new_id()
    answers = [
        Answer(200, STREAM, told(1, EventType.EXECUTION_STARTED) + b"event: closed\ndata: {}\n\n"),
        refused(503, "ledger_unavailable", retryable=True),
        Answer(200, STREAM, told(2, EventType.EXECUTION_COMPLETED)),
    ]
    with serving() as loopback:
        loopback.on(f"/v1/executions/{execution}/events", lambda _: answers.pop(0))
        with closing(Remote(loopback.url(""), None)) as remote:
            read = [event.seq for events in remote.follow(execution) for event in events]

        assert read == [1, 2]
        assert [seen.headers["last-event-id"] for seen in loopback.seen] == ["0", "1", "1"]


def test_a_stream_ends_with_what_does_not_pass() -> None:
    """A key that was revoked is not waited for."""
    execution = new_id()
    with serving() as loopback:
        loopback.on(
            f"/v1/executions/{execution}/events", refused(401, "key_invalid", retryable=False)
        )
        with (
            closing(Remote(loopback.url(""), None)) as remote,
            pytest.raises(TreadleError) as error,
        ):
            list(remote.follow(execution))

        assert error.value.reason == "key_invalid"
        assert len(loopback.seen) == 1
