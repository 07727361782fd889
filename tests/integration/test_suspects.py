"""Suspects: nodes whose workers died run alone in a child, whatever their type (rule 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, in_threads
from tests.support.ledger_driver import check
from tests.support.loopback_server import Answer, serving
from tests.support.workflows import Document, chain, connection, for_each, node, start, workflow
from treadle.core.settings import Settings
from treadle.ledger.engine.leases import SUSPECT_AFTER, Claim
from treadle.ledger.engine.recovery import LOST_LIMIT
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.workers.attempts.executor import AttemptResult
from treadle.workers.lanes.isolated_runner import IsolatedRunner
from treadle.workers.process import WorkerProcess

#: Each attempt starts a process, a second of work; on a machine that is busy, several times that.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ITEMS = {"items": [3, 1, 2]}


class Counting(IsolatedRunner):
    """Counts what runs alone, by node."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.ran: Counter[str] = Counter()

    def run(self, claim: Claim, seconds: float) -> AttemptResult:
        self.ran[claim.ref.node] += 1
        return super().run(claim, seconds)


class Bench:
    """A worker to which every row that comes with a message is a suspect, and a client."""

    def __init__(self, settings: Settings) -> None:
        with psycopg.connect(settings.database_url, autocommit=True) as session:
            # Whatever it lost or was forgiven; a child's death still counts.
            session.execute(
                "create function suspects() returns trigger language plpgsql as $$ begin"
                f" new.lost_count = greatest(new.lost_count, {SUSPECT_AFTER}); return new; end $$"
            )
            session.execute(
                "create trigger suspects before insert or update on node_executions"
                " for each row execute function suspects()"
            )
        self.process = WorkerProcess(settings)
        runner = self.process.runner
        self.isolated = runner.isolated = Counting(settings, runner.executor, runner.leases)
        self.client = InProcess(settings)


@pytest.fixture
def bench(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[Bench]:
    """Return a cluster of its own that runs."""
    settings = Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
        worker_threads=2,
        allowed_private_addresses="127.0.0.1",
    )
    made = Bench(settings)
    scheduler = Scheduler(Connections.to(settings))
    with in_threads(made.process.run_until, scheduler.run_until):
        yield made
    made.client.close()


def ended(bench: Bench, wait_until: WaitUntil, document: Document) -> dict[str, Any]:
    """Run a workflow to its end and return the execution, of which no invariant is broken."""
    execution = bench.client.submit(document, ITEMS)
    wait_until(lambda: bench.client.has_ended(execution), timeout=120)
    assert check(bench.client.session, execution) == []
    return bench.client.shown(execution)


#: One inline type, one that waits, one that looks at its sources, and the async lane.
PLAIN: dict[str, Document] = {
    "if": node("if", "FLOW.IF", configurations={"condition_expression": "input.items"}),
    "sort": node("sort", configurations={
        "operation": "sort", "over": "input.items", "sort_field": ""}),
    "merge": node("merge", "FLOW.MERGE", configurations={"merge_strategy": "concatenate"}),
}  # fmt: skip


def test_nodes_of_every_lane_can_run_alone(bench: Bench, wait_until: WaitUntil) -> None:
    """Templates, expressions, sources and outgoing calls: all that an attempt needs is there."""
    with serving() as server:
        url = server.on("/items", Answer(body=b"[7]", headers={"content-type": "text/plain"}))
        get = node(
            "get", "ACTION.HTTP_REQUEST",
            configurations={"method": "GET", "url": url + "?first={{ input.items[0] }}"},
        )  # fmt: skip
        ids = [*PLAIN, "get"]
        document = workflow(
            start(), *PLAIN.values(), get, connect=", ".join(f"start -> {each}" for each in ids)
        )
        shown = ended(bench, wait_until, document)

    assert shown["status"] == "SUCCESS", shown["error"]
    assert bench.isolated.ran == dict.fromkeys(ids, 1)
    output = shown["output"]
    assert output["if"] == ITEMS
    assert output["sort"] == {"data": [1, 2, 3]}
    assert output["merge"] == {"data": [ITEMS]}
    assert output["get"]["status_code"] == 200
    assert [seen.path for seen in server.seen] == ["/items?first=3"]


def test_a_loop_can_open_turn_and_gather_alone(bench: Bench, wait_until: WaitUntil) -> None:
    """Each phase of a loop is an attempt of its own, and what it reads it reads there."""
    config = {"loop_type": "while", "loop_condition": "index < 2"}
    document = workflow(
        start(), for_each("each"), node("entry", configurations=custom("item * 2")),
        node("turns", "FLOW.LOOP", configurations=config),
        node("turned", configurations=custom("index")),
        connect="start -> each, each:body -> entry, start -> turns, turns:body -> turned",
    )  # fmt: skip

    shown = ended(bench, wait_until, document)

    assert shown["status"] == "SUCCESS", shown["error"]
    results = {name: each["results"] for name, each in shown["output"].items()}
    assert results == {"each": wrapped(6, 2, 4), "turns": wrapped(0, 1)}
    phases = {"each": 2, "turns": 3}  # open and gather; open and two turns, the last of which ends
    assert {name: bench.isolated.ran[name] for name in phases} == phases


def test_a_failure_in_a_child_is_the_nodes_own(bench: Bench, wait_until: WaitUntil) -> None:
    """What the attempt says there is what it would say here, its input included."""
    document = chain(node("bad", configurations=custom("input.items.missing.deep")), node("mend"))
    document["connections"] = [connection(0, "start -> bad"), connection(1, "bad:error -> mend")]

    shown = ended(bench, wait_until, document)

    (bad,) = [each for each in shown["node_executions"] if each["node_id"] == "bad"]
    assert (shown["status"], bad["status"]) == ("SUCCESS", "failed")
    assert bad["error"]["error_code"] == "expression_failed"
    assert bad["output_data"] == {"error": bad["error"], "input": ITEMS}


def test_nodes_whose_children_die_fail_at_the_limit(
    bench: Bench, wait_until: WaitUntil, tmp_path: Path
) -> None:
    """Rule 8, *after two of those it fails with `worker_lost`*; and the worker goes on.

    Taken out for a type, a node of it that kills its workers does so for ever.
    """
    each = chain(for_each("each"))
    each["nodes"].append(node("entry"))
    each["connections"].append(connection(1, "each:body -> entry"))
    documents = {**{kind: chain(plain) for kind, plain in PLAIN.items()}, "each": each}

    with every_child_dies(tmp_path):
        submitted = {
            kind: bench.client.submit(document, ITEMS) for kind, document in documents.items()
        }
        wait_until(lambda: all(map(bench.client.has_ended, submitted.values())), timeout=120)

    for kind, execution in submitted.items():
        assert check(bench.client.session, execution) == []
        shown = bench.client.shown(execution)
        record = shown["node_executions"][1]
        assert (shown["status"], shown["error"]["error_code"]) == ("ERROR", "worker_lost"), kind
        assert (record["node_id"], record["attempt"]) == (kind, LOST_LIMIT - SUSPECT_AFTER)
        assert record["retry_count"] == 0
    assert ended(bench, wait_until, chain(node("other")))["status"] == "SUCCESS"


def custom(expression: str) -> Document:
    return {"operation": "custom", "expression": expression, "max_retries": 0}


def wrapped(*values: int) -> list[dict[str, int]]:
    return [{"data": value} for value in values]


#: Makes a child that runs a suspect kill itself as it is told what to run: by its own hand, because
#: one that another kills may have answered by then.
DEADLY = """
import os, signal, sys

def strike(event, arguments):
    if event == "pickle.find_class" and arguments[0].startswith("treadle.ledger."):
        os.kill(os.getpid(), signal.SIGKILL)

if "treadle.workers.lanes.isolated_attempt" in sys.orig_argv:
    sys.addaudithook(strike)
"""


@contextmanager
def every_child_dies(folder: Path) -> Iterator[None]:
    """Let whatever runs a suspect die of it."""
    (folder / "sitecustomize.py").write_text(DEADLY)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield
