"""A real Prometheus on a real cluster: what it is told agrees with the ledger, and with the panels.

The cluster runs the same load twice. Between the two its first worker is killed, so that what is
told must survive that.
"""

from __future__ import annotations

import json
import math
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.e2e.conftest import TASKS
from tests.support.command_line import UP_SECONDS, Folder, Running
from tests.support.gateway_server import Client
from tests.support.model_servers import draft, providing, step
from tests.support.node_families import commands, descendants
from tests.support.ports import port_base
from tests.support.prometheus import ROOT, Prometheus, scraping
from tests.support.workflows import Document, chain, node
from treadle.core.embedded import find_cluster
from treadle.core.settings import Settings
from treadle.ledger.engine.submission import submit
from treadle.planner import requests
from treadle.transport.connections import Connections

WaitUntil = Callable[..., Any]

#: Two loads, a cluster's start and a worker's; and, the first time, Prometheus is fetched.
pytestmark = pytest.mark.timeout(400)

#: What both rounds come to, by final status.
EXPECTED = {"SUCCESS": 18, "ERROR": 2, "CANCELED": 2, "TIMEOUT": 0}
ASKING = chain(node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "Go on?"}))


@dataclass(frozen=True)
class Observed:
    """A cluster, its ports, and the Prometheus that watches it."""

    folder: Folder
    base: int
    prometheus: Prometheus
    database_url: str

    def told(self, name: str, label: str = "") -> Counter[str]:
        """Return a counter as the four pages tell it together, by one of its labels."""
        found: Counter[str] = Counter()
        for role in range(4):
            page = httpx.get(f"http://127.0.0.1:{self.base + role}/metrics", timeout=10).text
            for family in text_string_to_metric_families(page):
                for sample in family.samples:
                    if sample.name == name:
                        found[sample.labels.get(label, "")] += int(sample.value)
        return found

    def counted(self, query: str) -> Counter[str]:
        """Return what the ledger counts, by name."""
        with closing(psycopg.connect(self.database_url)) as session:
            return Counter(dict(session.execute(query).fetchall()))


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory, wait_until: WaitUntil) -> Iterator[Observed]:
    """Return a cluster that has run the load twice, with a worker killed between."""
    path = tmp_path_factory.mktemp("observed")
    (path / "tasks_of_user.py").write_text(TASKS)
    folder, (option, base) = Folder(path), port_base()
    with ExitStack() as stack:
        provider = stack.enter_context(providing())
        provider.answers(draft(step("answer")))
        up = folder.start(
            "up", "--workers", "2", "--tasks", "tasks_of_user", option, base,
            OPENAI_API_KEY="sk-loopback", OPENAI_BASE_URL=provider.url,
        )  # fmt: skip
        stack.callback(up.close)
        wait_until(up.is_up, timeout=UP_SECONDS)
        prometheus = stack.enter_context(scraping(path, port_base=int(base)))
        wait_until(prometheus.is_ready, timeout=30)
        cluster = find_cluster(path / ".treadle")
        assert cluster is not None
        observed = Observed(folder, int(base), prometheus, cluster.database_url)
        made = folder.run(
            "keys", "create", "--owner", "sre", "--scopes", "read,run,answer", "--json"
        )
        client = Client(f"http://127.0.0.1:{base}", made.document["key"])
        stack.callback(client.close)
        wait_until(lambda: prometheus.values("sum(up)") == [4.0], timeout=30)
        load(observed, client, "first", wait_until)
        wait_for_scrape(observed, 11, wait_until)
        kill_a_worker(up, wait_until)
        load(observed, client, "second", wait_until)
        wait_for_scrape(observed, 22, wait_until)
        yield observed


def load(observed: Observed, client: Client, name: str, wait_until: WaitUntil) -> None:
    """Run eleven executions and a plan to their ends."""
    marker = str(observed.folder.path / name)
    ids = [client.submit(chain(node("a"), node("b"))) for _ in range(5)]
    ids.append(client.submit(task("open_gate", file="nowhere")))
    ids.append(client.submit(task("fail_once", file=marker)))
    ids.append(
        client.submit(chain(node("d", "FLOW.DELAY", configurations={"duration_seconds": 0.1})))
    )
    answered, canceled = client.submit(ASKING), client.submit(ASKING)
    question = question_of(client, answered, wait_until)
    client.post(f"/v1/interactions/{question}/answer", {"decision": "confirmed"})
    question_of(client, canceled, wait_until)
    client.post(f"/v1/executions/{canceled}/cancel")
    ids += [answered, canceled]
    file = observed.folder.write("w.json", chain(node("n")))
    ids.append(observed.folder.run("submit", file).out.strip())
    plan_id = ask_for_plan(observed)
    query = "select id::text, status from executions"
    wait_until(
        lambda: (
            not {"RUNNING", "WAITING_FOR_HUMAN", "NEW"} & set(statuses(observed, query).values())
        ),
        timeout=60,
    )
    found = statuses(observed, query)
    assert len(ids) == 11
    assert found[plan_id] == "SUCCESS"


def statuses(observed: Observed, query: str) -> dict[str, str]:
    """Return the status of each execution."""
    with closing(psycopg.connect(observed.database_url)) as session:
        return dict(session.execute(query).fetchall())


def task(name: str, **params: str) -> Document:
    """Return a workflow that runs one task."""
    config = {"task": name}
    return chain(node("t", "ACTION.PYTHON_TASK", configurations=config, input_params=params))


def question_of(client: Client, execution_id: str, wait_until: WaitUntil) -> str:
    """Return the id of the question that an execution asks, once it does."""

    def asked() -> list[Any]:
        page = client.get("/v1/interactions", execution_id=execution_id)
        return list(page["interactions"])

    return str(wait_until(asked)[0]["id"])


def ask_for_plan(observed: Observed) -> str:
    """Ask the planner; return the id."""
    folder = observed.folder.path / ".treadle"
    connections = Connections.to(Settings(data_dir=folder))
    with closing(connections.open_session()) as session, closing(connections.broker.client):
        asked = submit(connections.engine, session, requests.request("The answer."))
    return str(asked.execution_id)


def wait_for_scrape(observed: Observed, finished: int, wait_until: WaitUntil) -> None:
    """Wait until Prometheus has been told of so many ends."""
    query = "sum(treadle_executions_finished_total)"
    wait_until(lambda: observed.prometheus.values(query) == [float(finished)], timeout=30)


def kill_a_worker(up: Running, wait_until: WaitUntil) -> None:
    """Kill the worker that answers for both; it is started again."""
    victim = next(
        pid
        for pid in descendants(up.pid)
        if "treadle worker" in commands([pid]) and "--port" in commands([pid])
    )
    begun = up.said.count("worker.started")
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: up.said.count("worker.started") > begun, timeout=UP_SECONDS)


def test_what_is_told_of_executions_agrees_with_the_ledger(observed: Observed) -> None:
    """By their final status, the ones that a command began included; plans are none."""
    query = (
        "select status, count(*) from executions where workflow_id not like 'treadle.%'"
        " group by status"
    )
    finished = observed.told("treadle_executions_finished_total", "status")

    assert finished == EXPECTED | Counter()
    assert +finished == observed.counted(query)
    assert observed.told("treadle_executions_started_total").total() == 22
    assert observed.told("treadle_execution_seconds_count").total() == 22


def test_what_is_told_of_nodes_agrees_with_the_ledger(observed: Observed) -> None:
    """What a killed worker had counted is not lost, and nothing is counted twice."""
    rows = "from node_executions where settled_by is not null"
    settled = observed.told("treadle_nodes_settled_total", "outcome")
    ends = observed.counted(f"select state, count(*) {rows} group by state")
    retries = observed.counted(f"select 'retries', sum(retry_count)::int {rows}")

    assert settled["completed"] == ends["completed"]
    assert settled["failed"] == ends["failed"] == 2
    assert settled["retrying"] == retries["retries"] == 2
    assert settled["waiting_input"] == 4
    attempts = observed.counted(f"select 'attempts', sum(attempt)::int {rows}")
    assert observed.told("treadle_nodes_started_total").total() == attempts["attempts"]


def test_what_is_told_of_people_and_plans_is_what_they_did(observed: Observed) -> None:
    """Four questions were asked and two answered; two plans were made."""
    assert observed.told("treadle_questions_asked_total").total() == 4
    assert +observed.told("treadle_questions_answered_total", "decision") == Counter(confirmed=2)
    assert observed.told("treadle_planner_plans_total", "outcome")["ready"] == 2
    assert observed.told("treadle_model_requests_total", "outcome")["answered"] == 2
    assert observed.prometheus.values("max(treadle_questions_pending)") == [0.0]


def chosen(query: str) -> str:
    """Return a panel's query with what Grafana puts in the place of its variables."""
    values = {"$__rate_interval": "5m", "$cluster": "treadle", "$queue": ".*"}
    for name, value in values.items():
        query = query.replace(name, value)
    return query


@pytest.mark.parametrize("name", ["overview", "queues", "people"])
def test_every_panel_has_something_to_show(
    observed: Observed, name: str, wait_until: WaitUntil
) -> None:
    """Each query of the committed dashboards gives a number."""
    page = json.loads((ROOT / f"deploy/grafana/dashboards/{name}.json").read_text())
    queries = {
        f"{panel['title']}: {target['expr']}": chosen(target["expr"])
        for panel in page["panels"]
        for target in panel.get("targets", ())
    }

    def empty() -> list[str]:
        return [
            title
            for title, query in queries.items()
            if not any(map(math.isfinite, observed.prometheus.values(query)))
        ]

    wait_until(lambda: not empty(), timeout=20) if empty() else None
    assert empty() == []


def test_the_alert_rules_can_be_evaluated_and_none_is_critical(observed: Observed) -> None:
    """On a cluster that is well, a minute after a worker was killed."""
    (group,) = observed.prometheus.ask("rules")["groups"]

    assert [rule["name"] for rule in group["rules"] if rule["health"] != "ok"] == []
    critical = [rule for rule in group["rules"] if rule["labels"]["severity"] == "critical"]
    assert [rule["name"] for rule in critical if rule["state"] == "firing"] == []
