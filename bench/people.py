"""Executions that wait for people: parked, answered, stored in large numbers, and swept."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from bench.cluster import Cluster
from bench.shapes import task_node
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.dag.replies import Via
from treadle.dag.validation import validate
from treadle.hil.answers import responding
from treadle.hil.rights import Account
from treadle.ledger.engine.submission import Submission
from treadle.ledger.people import interactions
from treadle.ledger.people.answers import answer
from treadle.transport.redis_keys import DEADLINES_KEY, ENTRIES_KEY, WHOLE_KEY

#: Executions parked and answered, as in the benchmark of the peers.
_ANSWERED = 2_000
#: Answered one at a time, without other load.
_ALONE = 200
#: Executions parked at once for their size and for the sweep.
_PARKED = 10_000
_CLIENTS = 4
_LONGEST_SECONDS = 900.0

_WAITS = """
select extract(epoch from n.started_at - i.decided_at) * 1000 from interactions i
join node_executions n on n.execution_id = i.execution_id and n.node = 'after'
where i.id = any(%(ids)s) order by 1
"""
_ENDED = "select count(*) from executions where id = any(%(ids)s) and finished_at is not null"
_STORED = """
select sum(pg_total_relation_size(c.oid)) from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
"""
_OVERDUE = """
update interactions set timeout_at = clock_timestamp(), warned_at = clock_timestamp()
where id = any(%(ids)s)
"""
_SWEPT = """
select count(*) filter (where status = 'pending'),
       extract(epoch from max(decided_at) - min(decided_at))
from interactions where id = any(%(ids)s)
"""


@dataclass(frozen=True)
class People:
    """The figures of waiting for people."""

    parked_per_second: float
    """From the first submission to the last question."""
    answered_per_second: float
    """From the first answer to the last execution's end; four clients answer."""
    start_ms_p50: float
    """From an answer's transaction to the next node's claim, one at a time."""
    start_ms_p99: float
    redis_bytes: float
    """For each parked question."""
    ledger_bytes: float
    """For each waiting execution: all its rows and their indexes."""
    rebuild_seconds: float
    """To rebuild the pause table with 10,000 questions."""
    sweep_seconds: float
    """From the first to the last end of 10,000 questions that are due at once."""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def measure(cluster: Cluster) -> People:
    """Measure on a running cluster."""
    started = time.perf_counter()
    many = _park(cluster, _ANSWERED)
    parked = time.perf_counter() - started
    started = time.perf_counter()
    _answer(cluster, list(many))
    _wait(lambda: _count(cluster, _ENDED, list(many.values())) == len(many))
    answered = time.perf_counter() - started
    alone = _park(cluster, _ALONE)
    for question in alone:
        _answer(cluster, [question])
        time.sleep(0.02)
    _wait(lambda: _count(cluster, _ENDED, list(alone.values())) == len(alone))
    rows = cluster.session.execute(_WAITS, {"ids": list(alone)}).fetchall()
    waits = [float(milliseconds) for (milliseconds,) in rows]
    return People(
        parked_per_second=_ANSWERED / parked,
        answered_per_second=_ANSWERED / answered,
        start_ms_p50=waits[len(waits) // 2],
        start_ms_p99=waits[len(waits) * 99 // 100],
        **_stored(cluster),
    )


def _stored(cluster: Cluster) -> dict[str, float]:
    """Park many at once, and make all of them due at once."""
    client, before = cluster.connections.broker.client, _count(cluster, _STORED, [])
    waiting = _park(cluster, _PARKED)
    stored = _count(cluster, _STORED, []) - before
    sizes: Any = [client.memory_usage(key, samples=0) for key in (DEADLINES_KEY, ENTRIES_KEY)]
    started = time.perf_counter()
    cluster.connections.queue.pause_table.rebuild(_pages(cluster))
    rebuilt = time.perf_counter() - started
    ids = list(waiting)
    cluster.session.execute(_OVERDUE, {"ids": ids})
    client.delete(WHOLE_KEY)  # the sweeper rebuilds the table from the ledger
    _wait(lambda: _count(cluster, _SWEPT, ids) == 0)
    row = cluster.session.execute(_SWEPT, {"ids": ids}).fetchone()
    assert row is not None
    return {
        "redis_bytes": sum(sizes) / _PARKED,
        "ledger_bytes": stored / _PARKED,
        "rebuild_seconds": rebuilt,
        "sweep_seconds": float(row[1]),
    }


def _pages(cluster: Cluster) -> Any:
    after = None
    while page := interactions.pending(cluster.session, after=after):
        yield page
        after = page[-1].interaction_id


def _park(cluster: Cluster, count: int) -> dict[UUID, UUID]:
    """Run executions until each waits for a person; return them by question."""
    found = validate(_document())
    assert found.workflow is not None, found.problems
    assert found.graph is not None
    queue = cluster.connections.queue
    cluster.submit([Submission(found.workflow, found.graph)] * count)
    questions: dict[UUID, UUID] = {}

    def all_wait() -> bool:
        for page in _pages(cluster):
            questions.update((each.interaction_id, each.execution_id) for each in page)
        return len(questions) == count and queue.pause_table.parked() >= count

    _wait(all_wait)
    return questions


def _answer(cluster: Cluster, questions: Sequence[UUID]) -> None:
    """Answer questions, some clients at a time."""
    connections = cluster.connections
    respond = responding(Account(LOCAL_OWNER), Via.API, {"decision": "approve"})

    def answer_some(some: Sequence[UUID]) -> None:
        with connections.open_session() as session:
            for question in some:
                connections.queue.refresh()
                answer(connections.engine, session, question, respond)

    with ThreadPoolExecutor(_CLIENTS) as clients:
        list(clients.map(answer_some, [questions[n::_CLIENTS] for n in range(_CLIENTS)]))


def _count(cluster: Cluster, query: str, ids: Sequence[UUID]) -> int:
    row = cluster.session.execute(query, {"ids": list(ids)}).fetchone()
    assert row is not None
    return int(row[0])


def _wait(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not is_done():
        if time.monotonic() > deadline:
            raise TimeoutError("the questions did not reach the expected state")
        time.sleep(0.05)


def _document() -> dict[str, Any]:
    ask = {
        "id": "ask",
        "name": "ask",
        "type": "HUMAN_IN_THE_LOOP",
        "subtype": "IN_APP_APPROVAL",
        "configurations": {"title": "May it?", "timeout_seconds": 86_400},
    }
    start = {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"}
    return {
        "metadata": {"id": "people", "name": "people"},
        "nodes": [start, ask, task_node("after")],
        "connections": [
            {"id": "c0", "from_node": "start", "to_node": "ask"},
            {"id": "c1", "from_node": "ask", "to_node": "after", "output_key": "confirmed"},
        ],
        "triggers": ["start"],
    }
