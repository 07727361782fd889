"""Events over HTTP: pages and streams, each event once and in order, whatever happens between."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from threading import Thread
from typing import Any

import httpx
import pytest

from tests.conftest import WaitUntil
from tests.support.gateway_server import Client, Clients, Served, serving
from tests.support.in_process_cluster import running
from tests.support.workflows import Document, chain, for_each, node, start, workflow
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.dag.values import dumps
from treadle.gateway.live import stream
from treadle.ledger.views import keys
from treadle.monitoring import metrics
from treadle.wire.events import Event as WireEvent
from treadle.wire.events import Events

pytestmark = pytest.mark.slow

Event = dict[str, Any]


def waiting() -> Document:
    """Return a workflow that waits for an hour."""
    return _named(chain(node("wait", "FLOW.DELAY", configurations={"duration_seconds": 3600})))


def looping() -> Document:
    """Return a workflow of many small steps, one after the other."""
    return _named(
        workflow(
            start(),
            for_each("loop", max_parallel=1),
            node("a"),
            node("b"),
            connect="start -> loop, loop:body -> a, a -> b",
        )
    )


def seqs(events: list[Event]) -> list[int]:
    """Return the numbers of what was read; those of a stream stand twice in it."""
    for each in events:
        assert int(each["id"]) == each["data"]["seq"]
        assert each["event"] == each["data"]["event_type"]
        WireEvent.model_validate(each["data"])
    return [each["data"]["seq"] for each in events]


def test_a_stream_has_every_event_once_and_ends_with_the_last(
    ada: Client, settings: Settings
) -> None:
    """Those from before the reader came, and those that are committed while it reads."""
    execution = ada.submit(looping(), {"items": list(range(40))})
    path = f"/v1/executions/{execution}/events"

    with running(settings), ada.following(path) as stream_:
        events = list(stream_)

    assert seqs(events) == list(range(1, len(events) + 1))
    assert events[-1]["event"] == "execution_completed"
    page = ada.get(path)
    Events.model_validate(page)
    assert page["events"] == [each["data"] for each in events]
    assert page["after_seq"] == len(events)


def test_a_reader_goes_on_from_the_last_event_it_has(ada: Client, settings: Settings) -> None:
    """By the header that browsers send, and by the parameter; a page and a stream alike."""
    execution = ada.submit(looping(), {"items": [1, 2]})
    path = f"/v1/executions/{execution}/events"
    with running(settings), ada.following(path) as stream_:
        total = len(list(stream_))

    with ada.following(path, last_event_id=3) as stream_:
        assert seqs(list(stream_)) == list(range(4, total + 1))
    with ada.following(f"{path}?after_seq=4") as stream_:
        assert seqs(list(stream_)) == list(range(5, total + 1))
    page = ada.get(path, after_seq=total - 1)
    assert [each["seq"] for each in page["events"]] == [total]
    assert ada.get(path, after_seq=total) == {"events": [], "after_seq": total}


def test_a_reader_that_has_all_is_told_not_to_come_again(ada: Client, settings: Settings) -> None:
    """204 is what stops a browser from connecting anew."""
    execution = ada.submit(looping(), {"items": []})
    path = f"/v1/executions/{execution}/events"
    with running(settings), ada.following(path) as stream_:
        last = int(list(stream_)[-1]["id"])

    headers = {"Accept": "text/event-stream", "Last-Event-ID": str(last)}

    assert ada.http.get(path, headers=headers).status_code == 204


def test_a_stream_goes_on_across_a_restart_of_the_gateway(settings: Settings) -> None:
    """The reader is told to come again, and finds the rest at the next one: nothing twice."""
    first = Served(settings)
    port = first.server.port
    client = first.client(f"ada-{new_id()}")
    execution = client.submit(looping(), {"items": list(range(60))})
    path = f"/v1/executions/{execution}/events"
    events: list[Event] = []
    with ExitStack() as stack:
        stack.callback(client.close)
        stream_ = stack.enter_context(client.following(path))
        events.append(next(stream_))
        stack.enter_context(running(settings))
        events += [next(stream_) for _ in range(20)]
        stopping = Thread(target=first.stop)
        stopping.start()
        events += list(stream_)
        stopping.join()
        closed = events.pop()
        assert (closed["event"], closed["data"]["reason"]) == ("closed", "gateway_stopping")
        assert "id" not in closed

        second = Served(settings, port)
        stack.callback(second.stop)
        stream_ = stack.enter_context(client.following(path, last_event_id=int(events[-1]["id"])))
        events += list(stream_)

    assert seqs(events) == list(range(1, len(events) + 1))
    assert events[-1]["event"] == "execution_completed"


def test_without_redis_a_stream_misses_nothing(settings: Settings) -> None:
    """A bell only says that there is something new; the ledger is looked at anyway."""
    deaf = settings.model_copy(update={"configured_redis_url": "unix:///nowhere/redis.sock"})
    with serving(deaf) as served, running(settings) as cluster:
        client = served.client(owner := f"ada-{new_id()}")
        execution = cluster.submit(looping(), {"items": list(range(10))}, owner=owner)
        with client.following(f"/v1/executions/{execution}/events") as stream_:
            events = list(stream_)
        client.close()

    assert seqs(events) == list(range(1, len(events) + 1))
    assert events[-1]["event"] == "execution_completed"


def test_many_readers_wait_on_few_sessions(settings: Settings) -> None:
    """Whoever waits holds none; all of them get all of it."""
    few = settings.model_copy(update={"gateway_sessions": 2})
    with serving(few) as served, Clients(served) as clients, ExitStack() as stack:
        client = clients.of(f"ada-{new_id()}")
        execution = client.submit(waiting())
        path = f"/v1/executions/{execution}/events"
        key = client.http.headers["authorization"].removeprefix("Bearer ")
        readers = [clients.with_key(key) for _ in range(40)]
        streams = [stack.enter_context(each.following(path)) for each in readers]
        for each in streams:
            assert next(each)["data"]["seq"] == 1
        with connect(settings.database_url, autocommit=True) as connection:
            (count,) = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and application_name = 'treadle gateway'"
            ).fetchone() or (0,)
        assert count <= 2
        client.post(f"/v1/executions/{execution}/cancel")
        for each in streams:
            assert list(each)[-1]["event"] == "execution_canceled"


def test_a_reader_that_takes_nothing_is_dropped_and_told_why(
    ada: Client, served: Served, settings: Settings, monkeypatch: pytest.MonkeyPatch,
    wait_until: WaitUntil,
) -> None:  # fmt: skip
    """It holds nothing of the gateway's for long, and knows that it must come again."""
    monkeypatch.setattr(stream, "PATIENCE_SECONDS", 0.3)
    execution = ada.submit(waiting())
    _add_events(settings, execution, count=64, size=512 * 1024)
    dropped = metrics.LIVE_READERS_CLOSED.labels("reader_too_slow")
    before = _value(dropped)
    with socket.create_connection(("127.0.0.1", served.server.port)) as line:
        key = ada.http.headers["authorization"]
        line.sendall(
            f"GET /v1/executions/{execution}/events HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: {key}\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        wait_until(lambda: _value(dropped) > before)
        line.settimeout(20)
        tail = b""
        while piece := line.recv(1 << 20):
            tail = (tail + piece)[-1000:]
            if tail.endswith(b"0\r\n\r\n"):
                break

    assert b"event: closed\n" in tail
    assert b'"reason":"reader_too_slow"' in tail


def test_a_quiet_stream_has_heartbeats(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no proxy, and no reader, takes it for dead."""
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    execution = ada.submit(waiting())

    with ada.http.stream(
        "GET", f"/v1/executions/{execution}/events", headers={"Accept": "text/event-stream"}
    ) as answer:
        lines = _until(answer, ": heartbeat")

    assert lines[0] == "retry: 1000"


def test_a_stream_ends_when_its_key_is_revoked(
    ada: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rights are looked up again while somebody reads."""
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(stream, "ADMISSION_SECONDS", 0.0)
    execution = ada.submit(waiting())

    with ada.following(f"/v1/executions/{execution}/events") as stream_:
        next(stream_)
        with connect(settings.database_url, autocommit=True) as connection:
            keys.revoke(connection, ada.http.headers["authorization"].split("_")[1])
        closed = list(stream_)[-1]

    assert (closed["event"], closed["data"]["reason"]) == ("closed", "key_invalid")


@pytest.mark.parametrize("last", ["-1", "x", "1.5", "9" * 30])
def test_a_last_event_id_that_is_none_is_refused(ada: Client, last: str) -> None:
    """A reader never goes on from where it was not."""
    execution = ada.submit(waiting())

    told = ada.refusal("GET", f"/v1/executions/{execution}/events", headers={"Last-Event-ID": last})

    assert told == (422, "request_invalid")


def _named(document: Document) -> Document:
    document["metadata"]["id"] = f"w-{new_id()}"
    return document


def _value(counter: Any) -> float:
    return float(counter._value.get())


def _add_events(settings: Settings, execution: str, *, count: int, size: int) -> None:
    """Add large events to an execution, as nodes that report a lot would."""
    with connect(settings.database_url) as connection:
        row = connection.execute(
            "select next_seq from executions where id = %s for update", (execution,)
        ).fetchone()
        assert row is not None
        for seq in range(row[0], row[0] + count):
            event = {
                "seq": seq,
                "event_type": "node_output_update",
                "execution_id": execution,
                "timestamp": 1,
                "data": {"text": "x" * size},
            }
            connection.execute(
                "insert into events (execution_id, seq, count, body) values (%s, %s, 1, %s)",
                (execution, seq, dumps([event])),
            )
        connection.execute(
            "update executions set next_seq = %s where id = %s", (row[0] + count, execution)
        )


def _until(answer: httpx.Response, wanted: str) -> list[str]:
    lines: list[str] = []
    for line in answer.iter_lines():
        lines.append(line)
        if line == wanted:
            return lines
    return lines
