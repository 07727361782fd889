"""Results that a loop leaves in the ledger, and what a loop puts out when it fails itself."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.conftest import WaitUntil
from tests.reference.compare import differences
from tests.reference.interpreter import interpret
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import Hand, check
from tests.support.workflows import Document, for_each, node, start, workflow
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, LoopOpened
from treadle.dag.results import ResultsRef, StoredResults
from treadle.dag.values import PAYLOAD_LIMIT_BYTES, loads
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.retrying import retry
from treadle.ledger.views import executions, iterations

pytestmark = pytest.mark.slow


def mapped(node_id: str, over: str | None = None, **fields: str) -> Document:
    """Return a node that maps its input, or each item of a list."""
    config: dict[str, Any] = {"operation": "map", "field_mapping": fields}
    if over is not None:
        config["over"] = over
    return node(node_id, configurations=config)


def turns(**config: Any) -> Document:
    """Return a LOOP."""
    return node("turns", "FLOW.LOOP", configurations={"loop_type": "while", **config})


def ended(client: InProcess, wait_until: WaitUntil, document: Document, value: Any) -> Any:
    """Return an execution's output once it has succeeded."""
    execution = client.submit(document, value)
    wait_until(lambda: client.has_ended(execution), 30)
    shown = client.shown(execution)
    assert shown["status"] == "SUCCESS", shown["error"]
    return shown["output"]


def test_results_in_the_ledger_are_gone_over_by_everything_that_goes_over_lists(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """From the loop on: a loop, FILTER, SORT, MERGE and DATA_TRANSFORMATION read them."""
    document = workflow(
        start(), for_each("each", collect_results=False), mapped("work", v="item * 2"),
        for_each("again", over="input"), mapped("twice", v="item.v * 2"),
        node("keep", "FLOW.FILTER", configurations={"over": "input", "expression": "item.v > 2"}),
        node("order", "FLOW.SORT", configurations={
            "over": "nodes.each", "sort_field": "v", "order": "desc"}),
        node("both", "FLOW.MERGE", configurations={}),
        mapped("short", over="nodes.each.results_ref", n="item.v + index"),
        connect="start -> each, each:body -> work, each:done -> again, again:body -> twice, "
        "each:done -> keep, each:done -> order, each:done -> both, keep -> both, "
        "each:done -> short",
    )  # fmt: skip
    with running(settings) as client:
        output = ended(client, wait_until, document, {"items": [1, 2, 3]})

    assert output == {
        "again": {"results": [{"v": 4}, {"v": 8}, {"v": 12}], "count": 3},
        "order": {"data": [{"v": 6}, {"v": 4}, {"v": 2}]},
        "both": {"data": [{"v": 2}, {"v": 4}, {"v": 6}, {"v": 4}, {"v": 6}]},
        "short": {"data": [{"n": 2}, {"n": 5}, {"n": 8}]},
    }


def test_results_that_no_payload_holds_are_read_in_pages(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """What is larger than a value may be is gone over as if it stood in the output."""
    document = workflow(
        start(), for_each("each"), mapped("work", n="item", text="trigger.text"),
        node("keep", "FLOW.FILTER", configurations={
            "over": "input.results | default(input)", "expression": "item.n % 8 == 0"}),
        mapped("numbers", over="input.data", n="item.n"),
        connect="start -> each, each:body -> work, each:done -> keep, keep -> numbers",
    )  # fmt: skip
    text = "x" * (PAYLOAD_LIMIT_BYTES // 30)
    with running(settings) as client:
        output = ended(client, wait_until, document, {"items": list(range(32)), "text": text})

    assert output == {"numbers": {"data": [{"n": 0}, {"n": 8}, {"n": 16}, {"n": 24}]}}


def test_a_loop_over_nothing_leaves_a_reference_too(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """An author who does not collect gets the same shape, whatever there was to go over."""
    document = workflow(
        start(), for_each("each", collect_results=False), node("work"),
        node("keep", "FLOW.FILTER", configurations={"over": "input", "expression": "true"}),
        connect="start -> each, each:body -> work, each:done -> keep",
    )  # fmt: skip
    with running(settings) as client:
        assert ended(client, wait_until, document, {"items": []}) == {
            "keep": {"data": [], "count": 0}
        }


@pytest.mark.parametrize(
    ("config", "value", "code", "results"),
    [
        ({"loop_condition": "true", "max_iterations": 2}, {}, "max_iterations_reached", [0, 1]),
        ({"loop_condition": "index == 0 or last.missing"}, {}, "expression_failed", [0]),
        ({"loop_condition": "input.missing"}, {}, "expression_failed", []),
    ],
    ids=["at the limit", "at a turn", "at its opening"],
)
def test_a_loop_that_fails_itself_puts_out_the_results_so_far(
    settings: Settings,
    wait_until: WaitUntil,
    config: dict[str, Any],
    value: Any,
    code: str,
    results: list[Any],
) -> None:
    """By `error`: `{error, scope, results}`, as for an iteration that failed, but of no scope."""
    document = workflow(
        start(), turns(**config), node("work", configurations={
            "operation": "custom", "expression": "index"}), mapped("mend", all="input"),
        connect="start -> turns, turns:body -> work, turns:error -> mend",
    )  # fmt: skip
    with running(settings) as client:
        told = ended(client, wait_until, document, value)["mend"]["all"]

    assert told["error"]["error_code"] == code
    assert told == {
        "error": told["error"], "scope": None, "results": [{"data": each} for each in results],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("loop", "failing", "results"),
    [
        (turns(loop_type="for_range", end_value=3), 0, [None]),
        (turns(loop_type="for_range", end_value=3), 1, [-1, None]),
        (turns(loop_condition="true"), 0, [None]),
        (turns(loop_condition="true"), 2, [-1, -1, None]),
        (for_each("turns", max_parallel=1), 0, [None]),
        (for_each("turns", max_parallel=1), 1, [-1, None]),
    ],
    ids=lambda value: str(value.get("configurations")) if isinstance(value, dict) else None,
)
def test_the_iteration_that_ends_its_loop_has_its_place_among_the_results(
    settings: Settings, wait_until: WaitUntil, loop: Document, failing: int, results: list[Any]
) -> None:
    """Null, as an iteration that failed has under `continue`; in loops of every kind."""
    document = failing_at(loop, failing)
    with running(settings) as client:
        execution = client.submit(document, {"items": [0, 1, 2]})
        wait_until(lambda: client.has_ended(execution), 30)
        shown = client.shown(execution)

    told = shown["output"]["mend"]["all"]
    assert told["scope"] == f"turns:{failing}"
    assert told["results"] == [each and {"data": each} for each in results]
    assert differences(interpret(document, {"items": [0, 1, 2]}), shown) == []


def test_iterations_that_are_canceled_have_their_places_among_the_results(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """All that have opened are there, in the order of the entries; a pause never ends by itself."""
    pause = node("pause", "FLOW.DELAY", configurations={"duration_seconds": 86_400})
    document = workflow(
        start(), for_each("turns"), node("which", "FLOW.IF", configurations={
            "condition_expression": "index == 1"}),
        node("work", configurations={"operation": "custom", "expression": "1 // 0"}), pause,
        mapped("mend", all="input"),
        connect="start -> turns, turns:body -> which, which:true -> work, which:false -> pause, "
        "turns:error -> mend",
    )  # fmt: skip
    with running(settings) as client:
        told = ended(client, wait_until, document, {"items": [0, 1, 2]})["mend"]["all"]

    assert (told["scope"], told["results"]) == ("turns:1", [None, None, None])


def failing_at(loop: Document, index: int) -> Document:
    """Return a workflow of a loop, `turns`, whose iteration of that index fails."""
    work = {"operation": "custom", "expression": f"(index - {index}) // (({index} - index) ** 2)"}
    return workflow(
        start(), loop, node("work", configurations=work), mapped("mend", all="input"),
        connect="start -> turns, turns:body -> work, turns:error -> mend",
    )  # fmt: skip


def one_loop() -> Document:
    """Return a loop with a body of one node, and a node after it."""
    return workflow(
        start(), for_each("each", collect_results=False), node("work"), node("after"),
        connect="start -> each, each:body -> work, each:done -> after",
    )  # fmt: skip


def gathered(hand: Hand, execution: UUID, count: int) -> ResultsRef:
    """Run a loop to its end; return the reference to its results."""
    hand.open_loop(execution, "each", count)
    for ordinal in range(count):
        hand.complete(execution, f"each:{ordinal} work", ordinal)
    claim = hand.claim(execution, "each")
    ref = ResultsRef("each", "", claim.lease_id)
    hand.settle((claim, Completed({"count": count, "results_ref": ref.to_wire()}, "done")))
    return ref


def test_a_reference_holds_in_a_retry_and_in_no_other_execution(hand: Hand) -> None:
    """The copied row answers to it; a row of the same name elsewhere does not."""
    execution = hand.submit(one_loop())
    ref = gathered(hand, execution, 2)
    hand.fail(execution, "after")
    again = retry(hand.engine, hand.session, execution)
    stranger = hand.submit(one_loop())
    gathered(hand, stranger, 2)

    counts = [
        iterations.loop_count(hand.session, Ref(each, "", "each"), ref.lease_id)
        for each in (execution, again, stranger)
    ]

    assert counts == [2, 2, None]
    assert check(hand.session, again) == []


def test_a_page_holds_as_many_scopes_as_its_bytes_and_one_at_least(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, from the ordinal asked for."""
    execution = hand.submit(one_loop())
    hand.open_loop(execution, "each", 4)
    for ordinal in range(4):
        hand.complete(execution, f"each:{ordinal} work", "x" * 98)
    graph = hand.claim(execution, "each").graph
    loop = Ref(execution, "", "each")
    found = {}
    for size in (1, 100, 250, 10_000):
        monkeypatch.setattr(iterations, "PAGE_BYTES", size)
        page = iterations.iterations(hand.session, graph, loop, range(1, 4))
        found[size] = [each.ordinal for each in page]

    assert found == {1: [1], 100: [1], 250: [1, 2], 10_000: [1, 2, 3]}


def test_a_loop_over_results_keeps_the_reference_and_opens_by_their_count(hand: Hand) -> None:
    """Nothing of them is copied into its row."""
    execution = hand.submit(one_loop())
    stored = StoredResults(ResultsRef("other", "", UUID(int=7)), 3)

    hand.settle((hand.claim(execution, "each"), LoopOpened(results=stored, parallel=2)))

    row = hand.row(execution, "each")
    assert loads(row.items) == stored.ref.to_wire()
    assert (row.loop_next, row.loop_active, row.loop_total) == (2, 2, 3)
    assert check(hand.session, execution) == []


def test_a_loop_begins_with_its_first_phase(hand: Hand) -> None:
    """What is shown as its start and duration spans all of its turns."""
    execution = hand.submit(one_loop())
    claim = hand.claim(execution, "each")
    began = hand.row(execution, "each").started_at
    hand.settle((claim, LoopOpened(items=(1,))))
    hand.complete(execution, "each:0 work")
    hand.complete(execution, "each", {"count": 1}, key="done")

    row = hand.row(execution, "each")
    shown = executions.execution(hand.session, hand.graphs, execution).node_executions
    (each,) = [record for record in shown if record.node_id == "each"]
    assert row.started_at > began
    assert each.start_time == executions.milliseconds(began)
    assert each.duration_ms == round((row.finished_at - began).total_seconds() * 1000)
    assert [record.node_id for record in shown[:3]] == ["start", "each", "work"]


def test_a_turn_that_a_scheduler_ends_refers_to_the_results_so_far(hand: Hand) -> None:
    """Whoever settles it without a worker reads no results, and says where they are."""
    document = workflow(
        start(), turns(loop_condition="true", max_retries=0), node("work"), node("mend"),
        connect="start -> turns, turns:body -> work, turns:error -> mend",
    )  # fmt: skip
    execution = hand.submit(document)
    hand.open_turn(execution, "turns")
    hand.complete(execution, "turns:0 work")
    claim = hand.claim(execution, "turns")
    hand.elapse(execution, "turns")

    hand.end_overdue(execution)

    told = loads(hand.row(execution, "turns").output)
    ref = ResultsRef("turns", "", claim.lease_id)
    assert told["error"]["error_code"] == "attempt_timed_out"
    assert told == {
        "error": told["error"], "scope": None, "count": 1, "results_ref": ref.to_wire(),
    }  # fmt: skip
    assert iterations.loop_count(hand.session, Ref(execution, "", "turns"), claim.lease_id) == 1


@pytest.mark.parametrize("inside", [False, True], ids=["at the root", "in two loops"])
def test_the_error_of_an_execution_says_where_it_happened(
    settings: Settings, wait_until: WaitUntil, inside: bool
) -> None:
    """The workflow, the node, its type and its iteration; loops pass on where their body's did."""
    broken = mapped("broken", v="input.missing.field")
    loops = (for_each("outer", over="input"), for_each("inner", over="[item]")) if inside else ()
    document = workflow(
        start(), *loops, broken,
        connect="start -> outer, outer:body -> inner, inner:body -> broken"
        if inside else "start -> broken",
    )  # fmt: skip

    with running(settings) as client:
        execution = client.submit(document, [1])
        wait_until(lambda: client.has_ended(execution), 30)
        details = client.shown(execution)["error"]["error_details"]

    assert details["reason"] == "expression_failed"
    assert (details["workflow_id"], details["node_id"]) == (document["metadata"]["id"], "broken")
    assert details["node_type"] == "ACTION.DATA_TRANSFORMATION"
    assert details["scope"] == ("outer:0/inner:0" if inside else "")


def test_an_expression_reads_when_its_execution_was_submitted(
    settings: Settings, wait_until: WaitUntil
) -> None:
    """As the record says it, and as a date: the only clock there is."""
    fields = {"at": "execution.start_time", "same": "execution.started_at | date_epoch"}
    document = workflow(start(), mapped("when", **fields), connect="start -> when")

    with running(settings) as client:
        execution = client.submit(document)
        wait_until(lambda: client.has_ended(execution), 30)
        shown = client.shown(execution)

    found = shown["output"]["when"]
    assert found["at"] == found["same"]
    assert abs(found["at"] - shown["start_time"]) < 60_000
