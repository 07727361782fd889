"""Lines of tasks over HTTP: pages, a stream while the task runs, and the client that reads both."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import SecretStr

from tests.conftest import WaitUntil
from tests.integration import talking_tasks as talking
from tests.integration.test_task_logs import task_node
from tests.support.gateway_server import Client, Clients, Served
from tests.support.in_process_cluster import running
from tests.support.workflows import Document, chain
from treadle.cli.remote import Remote
from treadle.core.settings import Settings
from treadle.dag.states import ExecutionStatus
from treadle.ledger.views.node_logs import Lines
from treadle.wire.logs import LogLines

pytestmark = pytest.mark.slow


def of(*nodes: Document) -> Document:
    document = chain(*nodes)
    document["metadata"] = {"id": "talks", "name": "Talks"}
    return document


def run(ada: Client, wait_until: WaitUntil, *nodes: Document) -> str:
    execution = ada.submit(of(*nodes))
    path = f"/v1/executions/{execution}"
    wait_until(lambda: ada.get(path)["status"] != ExecutionStatus.RUNNING, timeout=30)
    return execution


def texts(page: dict[str, Any]) -> list[str]:
    return [each["text"] for each in page["lines"]]


def test_lines_are_read_by_page_and_narrowed_down(
    ada: Client, wait_until: WaitUntil, settings: Settings
) -> None:
    """In order, each once, whatever the size of a page."""
    first = task_node(talking.flood, lines=5)
    second = {**task_node(talking.say, text="done"), "id": "b", "name": "b"}
    with running(settings):
        execution = run(ada, wait_until, first, second)
    path = f"/v1/executions/{execution}/logs"

    page = ada.get(path)
    LogLines.model_validate(page)
    assert texts(page) == ["0", "1", "2", "3", "4", "done"]
    assert [each["seq"] for each in page["lines"]] == [1, 2, 3, 4, 5, 6]
    assert page["after"] == 6
    assert texts(ada.get(path, limit=2)) == ["0", "1"]
    assert texts(ada.get(path, limit=2, after=2)) == ["2", "3"]
    assert texts(ada.get(path, node="b")) == ["done"]
    assert texts(ada.get(path, node="b", attempt=2)) == []
    assert texts(ada.get(path, scope="each:1")) == []
    assert ada.get(path, after=6) == {"lines": [], "after": 6, "left_out": 0}


def test_a_stream_has_the_lines_of_a_task_that_runs_and_ends_with_it(
    ada: Client, settings: Settings, tmp_path: Path
) -> None:
    """A reader that comes back goes on after the last line that it has."""
    mark = tmp_path / "mark"
    with running(settings):
        execution = ada.submit(of(task_node(talking.talk_until, mark=str(mark))))
        path = f"/v1/executions/{execution}/logs"
        with ada.following(path) as stream:
            first = next(stream)
            mark.touch()
            rest = list(stream)
        with ada.following(path, last_event_id=1) as stream:
            again = list(stream)

    assert (first["id"], first["event"], first["data"]["text"]) == ("1", "line", "begun")
    assert [each["data"]["text"] for each in rest] == ["ended"]
    assert again == rest


def test_the_command_follows_through_a_gateway(
    served: Served, ada: Client, settings: Settings, tmp_path: Path
) -> None:
    """Until the execution has ended; then there is nothing more to wait for."""
    mark = tmp_path / "mark"
    with (
        running(settings),
        closing(Remote(served.url, SecretStr(served.key("bob")))) as remote,
        closing(served.client("bob")) as bob,
    ):
        execution = bob.submit(of(task_node(talking.talk_until, mark=str(mark))))
        read = remote.follow_lines(Lines(UUID(execution), "a"))
        assert next(read).text == "begun"
        mark.touch()
        assert [each.text for each in read] == ["ended"]
        page = remote.lines(Lines(UUID(execution)), after=0)
        assert [each.text for each in page.lines] == ["begun", "ended"]


def test_lines_are_their_owners(ada: Client, clients: Clients) -> None:
    """Like everything of an execution."""
    execution = ada.submit(of(task_node(talking.say, text="mine")))
    status, reason = clients.of("eve").refusal("GET", f"/v1/executions/{execution}/logs")

    assert (status, reason) == (404, "execution_not_found")
