"""Reading what attempts need: once, and through outages."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from threading import Thread
from uuid import uuid4

import pytest

from tests.support.ledger_driver import Hand
from tests.support.workflows import for_each, node, start, workflow
from treadle.core.embedded import EmbeddedServers
from treadle.core.ids import new_id
from treadle.core.postgres import connect, open_pool
from treadle.dag.states import NodeState
from treadle.dag.values import Value, dumps, loads
from treadle.ledger.engine.leases import Ref
from treadle.ledger.migrations import migrate
from treadle.ledger.views import executions
from treadle.ledger.views.executions import Settled
from treadle.workers.attempts.inputs import InputReader
from treadle.workers.attempts.records import Records


@pytest.mark.slow
def test_an_outage_of_the_database_is_waited_out(tmp_path: Path) -> None:
    """A read that finds the database gone comes back with its answer once it is there again."""
    with EmbeddedServers(tmp_path / "servers") as servers:
        migrate(servers.database_url)
        with open_pool(servers.database_url, max_size=1, autocommit=True) as pool:
            records = Records(pool)
            ref = Ref(uuid4(), "", "a")
            assert records.settled([ref]) == {}
            servers.postgres.stop()
            answers: list[dict[Ref, Settled]] = []
            reader = Thread(target=lambda: answers.append(records.settled([ref])))
            reader.start()
            reader.join(1.0)
            assert answers == []
            servers.postgres.start()
            reader.join(60.0)
            assert answers == [{}]


@pytest.mark.slow
def test_what_is_kept_takes_no_more_memory_than_its_bound(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Small values take several times the bytes of their JSON."""
    monkeypatch.setattr("treadle.workers.attempts.records._KEPT_BYTES", 2**21)
    text = dumps({"items": [{"id": index, "tags": ["a", "b"]} for index in range(20)]})
    with open_pool(postgres_url, max_size=1, autocommit=True) as pool:
        records = Records(pool)
        tracemalloc.start()
        try:
            for number in range(3_000):
                settled = Settled(NodeState.COMPLETED, "result", loads(text), len(text))
                records.keep(Ref(new_id(), "", f"n{number}"), settled)
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

    assert 2**20 < taken < 1.25 * 2**21


def test_what_was_kept_is_not_read_again(postgres_url: str) -> None:
    """A settled output that this process wrote needs no database."""
    pool = open_pool(postgres_url, max_size=1, autocommit=True)
    records = Records(pool)
    pool.close()
    ref, settled = Ref(uuid4(), "", "a"), Settled(NodeState.COMPLETED, "result", {"v": 1}, 7)
    records.keep(ref, settled)
    assert records.settled([ref]) == {ref: settled}


def test_a_merge_for_any_sees_in_each_attempt_what_had_settled_when_its_input_was_fixed(
    hand: Hand,
) -> None:
    """Its losers run on, and what they put out meanwhile does not come into a later attempt."""
    params = {
        each: f"{{{{ nodes.{each} | default('none') }}}}" for each in ("before", "one", "two")
    }
    document = workflow(
        start(), node("before"), node("one"), node("two"),
        node("first", "FLOW.MERGE", configurations={"wait_for": "any"}, input_params=params),
        connect="start -> before, before -> one, start -> two, one -> first, two -> first",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.complete(execution, "before", 0)
    hand.complete(execution, "one", 1)
    claim = hand.claim(execution, "first")

    def seen() -> Value:
        with open_pool(hand.url, max_size=1, autocommit=True) as pool:
            arriving = InputReader(Records(pool))
            return arriving.input_of(claim.graph, claim.ref, chosen=claim.chosen)

    at_first = seen()
    hand.complete(execution, "two", 2)

    assert at_first == {"data": 1, "before": 0, "one": 1, "two": "none"}
    assert seen() == at_first


def test_a_merge_for_any_that_its_loop_made_ready_sees_nothing_of_its_scope(hand: Hand) -> None:
    """It was fixed as the scope opened; what stands outside had settled before."""
    params = {each: f"{{{{ nodes.{each} | default('none') }}}}" for each in ("start", "two")}
    document = workflow(
        start(), for_each("each"), node("two"),
        node("first", "FLOW.MERGE", configurations={"wait_for": "any"}, input_params=params),
        connect="start -> each, each:body -> first, each:body -> two, two -> first",
    )  # fmt: skip
    execution = hand.submit(document, {"items": [7]})
    hand.open_loop(execution, "each", 1)
    claim = hand.claim(execution, "each:0 first")
    hand.complete(execution, "each:0 two", 2)

    with open_pool(hand.url, max_size=1, autocommit=True) as pool:
        arriving = InputReader(Records(pool))
        seen = arriving.input_of(claim.graph, claim.ref, chosen=claim.chosen)

    assert seen == {"item": 0, "index": 0, "start": {"items": [7]}, "two": "none"}


def test_the_output_of_an_execution_lists_its_leaves_by_name(hand: Hand) -> None:
    """Whichever of them was made or ended first, so that two runs of a workflow read alike."""
    names = ["m", "z", "a", "k"]
    connections = ", ".join(f"start -> {name}" for name in names)
    execution = hand.submit(workflow(start(), *map(node, names), connect=connections))
    for name in names:
        hand.complete(execution, name)

    with connect(hand.url, autocommit=True) as session:
        # Read as they lie in the table: the key's index would give them in order by chance.
        session.execute("set enable_seqscan = on")
        session.execute("set enable_indexscan = off")
        session.execute("set enable_bitmapscan = off")
        shown = executions.execution(session, hand.graphs, execution)

    assert list(shown.output or {}) == sorted(names)


def test_the_counts_of_an_execution_come_in_the_order_of_the_states(hand: Hand) -> None:
    """What has not settled first, whatever order the database counts in."""
    names = ["done", "broken", "taken", "left"]
    connections = ", ".join(f"start -> {name}" for name in names)
    document = workflow(start(), *map(node, names), connect=connections)
    document["metadata"]["continue_on_failure"] = True
    execution = hand.submit(document)
    hand.complete(execution, "done")
    hand.fail(execution, "broken")
    hand.claim(execution, "taken")

    shown = executions.execution(hand.session, hand.graphs, execution)

    expected = [("pending", 1), ("running", 1), ("completed", 2), ("failed", 1)]
    assert list(shown.counts.items()) == expected
