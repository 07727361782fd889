"""The one motion, over HTTP as a client makes it: prompt, plan, run, a person's answer, figures.

The gateway is killed twice while the client reads: as the question is asked, and in the middle of
the events after the answer. The client does what any reader of server-sent events does: it connects
again, and says which event it saw last.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.command_line import UP_SECONDS, Folder, Running
from tests.support.gateway_server import Client, Event, server_sent
from tests.support.model_servers import draft, providing, step
from tests.support.node_families import commands, descendants
from tests.support.ports import port_base
from tests.support.prometheus import Prometheus, scraping

WaitUntil = Callable[..., Any]

#: A cluster's start, a plan and a run; and, the first time, Prometheus is fetched.
pytestmark = pytest.mark.timeout(400)

PROMPT = "Square the numbers below 60, but ask me first; then tell how many there are."
ITEMS = 60
#: What a model answers with: a question, a loop that takes longer than a kill, and its result.
PLANNED = draft(
    step("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", title="Shall I square them?"),
    step("each", "FLOW.FOR_EACH", over=f"range({ITEMS}) | list", max_parallel=4),
    step("rest", "FLOW.DELAY", duration_seconds=0.1),
    step("square", operation="custom", expression="item * item"),
    step("tell", operation="custom", expression="{'numbers': input.count}"),
    title="Squares",
    connections=[
        {"source": "ask", "output_key": "confirmed", "target": "each"},
        {"source": "each", "output_key": "body", "target": "rest"},
        {"source": "rest", "output_key": "result", "target": "square"},
        {"source": "each", "output_key": "done", "target": "tell"},
    ],
)


@dataclass(frozen=True)
class Whole:
    """A cluster of its own, a client that has only its address and a key, and what watches both."""

    up: Running
    client: Client
    prometheus: Prometheus
    wait_until: WaitUntil
    #: How often each stream broke off, by its path.
    breaks: Counter[str] = field(default_factory=Counter)

    def kill_gateway(self) -> None:
        """Kill it as the kernel does; `treadle up` starts it again."""
        (pid,) = (pid for pid in descendants(self.up.pid) if "treadle gateway" in commands([pid]))
        os.kill(pid, signal.SIGKILL)

    def insist(self, call: Callable[[], Any]) -> Any:
        """Return what a request is answered with, once somebody answers."""

        def tried() -> list[Any]:
            try:
                return [call()]
            except httpx.TransportError:
                return []

        (answered,) = self.wait_until(tried, timeout=UP_SECONDS)
        return answered

    def read(self, path: str) -> Iterator[Event]:
        """Yield a stream's events, connecting again wherever it breaks off, until it is over."""
        last = ""
        while True:
            answer = self.insist(partial(self._open, path, last))
            if answer.status_code == 204:
                return
            assert answer.status_code == 200, answer.read()
            try:
                for event in server_sent(answer.iter_lines()):
                    last = event["id"]
                    yield event
            except httpx.TransportError:
                self.breaks[path] += 1
            finally:
                answer.close()

    def _open(self, path: str, last: str) -> httpx.Response:
        headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
        http = self.client.http
        return http.send(http.build_request("GET", path, headers=headers), stream=True)


@pytest.fixture
def whole(tmp_path: Path, wait_until: WaitUntil) -> Iterator[Whole]:
    """Return what `treadle up` runs in an empty folder, with a model on loopback."""
    folder, (option, base) = Folder(tmp_path), port_base()
    with ExitStack() as stack:
        provider = stack.enter_context(providing())
        provider.answers(PLANNED)
        model = {"OPENAI_API_KEY": "sk-loopback", "OPENAI_BASE_URL": provider.url}
        up = folder.start("up", "--workers", "2", option, base, **model)
        stack.callback(up.close)
        wait_until(up.is_up, timeout=UP_SECONDS)
        scopes = ("--scopes", "read,run,answer")
        made = folder.process("keys", "create", "--owner", "ana", *scopes, "--json").document
        assert set(made) == {"id", "key"}
        client = Client(f"http://127.0.0.1:{base}", made["key"])
        stack.callback(client.close)
        prometheus = stack.enter_context(scraping(tmp_path, port_base=int(base)))
        wait_until(prometheus.is_ready, timeout=30)
        yield Whole(up, client, prometheus, wait_until)


def test_a_prompt_becomes_a_plan_that_runs_asks_and_ends(whole: Whole) -> None:
    """Every event once and in order, though the gateway is killed in the middle, twice."""
    client = whole.client
    plan_id = client.post("/v1/plans", {"prompt": PROMPT}, 202)["id"]
    stages = in_order(list(whole.read(f"/v1/plans/{plan_id}/events")))
    assert stages["execution_completed"] == 1
    assert stages["node_output_update"] >= 1
    plan = client.get(f"/v1/plans/{plan_id}")
    assert plan["status"] == "ready"
    assert (plan["plan"]["title"], plan["plan"]["fixes"]) == ("Squares", [])

    run = client.post("/v1/executions", {"plan_id": plan_id}, 202)["id"]
    read = followed_and_answered(whole, f"/v1/executions/{run}")

    assert whole.breaks == {f"/v1/executions/{run}/events": 2}
    kinds = in_order(read)
    each_once = ("user_input_required", "execution_paused", "execution_resumed")
    assert [kinds[kind] for kind in (*each_once, "execution_completed")] == [1, 1, 1, 1]
    assert [each["data"] for each in read] == client.get(f"/v1/executions/{run}/events")["events"]
    ended = client.get(f"/v1/executions/{run}")
    assert (ended["status"], ended["output"]) == ("SUCCESS", {"tell": {"numbers": ITEMS}})
    figures_agree(whole)


def followed_and_answered(whole: Whole, execution: str) -> list[Event]:
    """Follow an execution to its end, and answer what it asks; return what was read."""
    read: list[Event] = []
    squaring = False
    for event in whole.read(f"{execution}/events"):
        read.append(event)
        if event["event"] == "user_input_required":
            whole.kill_gateway()
        elif event["event"] == "execution_paused":
            answer(whole, execution)
        elif not squaring and event["data"]["data"].get("node_id") == "square":
            squaring = True
            whole.kill_gateway()
    return read


def answer(whole: Whole, execution: str) -> None:
    """Find the question of an execution and say yes, as often as it takes to be heard."""
    query = {"execution_id": execution.rpartition("/")[2], "status": "pending"}
    (question,) = whole.insist(lambda: whole.client.get("/v1/interactions", **query))[
        "interactions"
    ]
    assert question["title"] == "Shall I square them?"
    path = f"/v1/interactions/{question['id']}/answer"
    said = whole.insist(lambda: whole.client.post(path, {"decision": "confirmed"}))
    assert (said["status"], said["answered_by"]) == ("completed", "ana")


def in_order(events: list[Event]) -> Counter[str]:
    """Check that events come one after another from the first to the last; count them by kind."""
    assert [each["id"] for each in events] == [str(n) for n in range(1, len(events) + 1)]
    assert [each["data"]["seq"] for each in events] == list(range(1, len(events) + 1))
    assert [each["data"]["event_type"] for each in events] == [each["event"] for each in events]
    return Counter(each["event"] for each in events)


def figures_agree(whole: Whole) -> None:
    """Wait until Prometheus has been told what was done, by whichever process did it."""
    expected = {
        "sum(up)": 4,
        "sum(treadle_executions_started_total)": 1,
        'sum(treadle_executions_finished_total{status="SUCCESS"})': 1,
        "sum(treadle_questions_asked_total)": 1,
        'sum(treadle_questions_answered_total{decision="confirmed"})': 1,
        'sum(treadle_planner_plans_total{outcome="ready"})': 1,
        "max(treadle_questions_pending)": 0,
    }

    def told() -> dict[str, float]:
        return {query: sum(whole.prometheus.values(query)) for query in expected}

    whole.wait_until(lambda: told() == expected, timeout=30)
