"""Timers, retries and limits: what the ledger's clock owes, whoever is alive to keep it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.fault.cell import Cell
from tests.fault.fault_tasks import effects
from tests.fault.fault_workflows import FIRST, connected, harmful, mapped, reckoned, stepped
from tests.fault.invariants import charges, check_nothing_charged, check_success, events_of
from tests.support.workflows import node, start, workflow
from treadle.ledger.engine.recovery import WorkerLost


def nap(node_id: str, seconds: float) -> dict[str, object]:
    return node(node_id, "FLOW.DELAY", configurations={"duration_seconds": seconds})


def test_timers_wake_after_the_whole_cell_was_restarted(cell: Cell) -> None:
    """REFERENCE section 9 line 6: a DELAY lives in the ledger, and in no process."""
    document = workflow(
        start(), nap("short", 0.5), nap("long", 6), mapped("after_short", "input.v"),
        mapped("after_long", "input.v"),
        connect="start -> short, short -> after_short, start -> long, long -> after_long",
    )  # fmt: skip
    execution = cell.submit(document, FIRST)
    asleep = "select count(*) from node_executions where execution_id = %s and wait_kind = 'timer'"
    cell.wait(lambda: cell.rows(asleep, execution)[0][0] >= 1)

    cell.restart()

    cell.wait_ended(execution)
    check_success(cell, execution, document, reckoned(document))
    check_nothing_charged(cell, execution)


def test_two_schedulers_do_everything_once(cell: Cell, tmp_path: Path) -> None:
    """Replicas are safe, and one of them may die: each timer and each retry is one event."""
    cell.make_whole(schedulers=2)
    into = tmp_path / "effects"
    config = {"retry_min_ms": 20, "retry_max_ms": 200}
    flaky = harmful("flaky", into, "fault_flaky", **config)
    flaky["input_params"]["job"] = "flaky-{{ index }}"
    each = node(
        "each", "FLOW.FOR_EACH", configurations={"over": str(list(range(60))), "max_parallel": 60}
    )
    document = workflow(
        start(), each, nap("nap", 0.3), flaky, nap("nap_again", 0.4), mapped("rested", "input.v"),
        connect="start -> each, each:body -> nap, nap -> flaky, flaky -> nap_again,"
        " nap_again -> rested",
    )  # fmt: skip
    execution = cell.submit(document, FIRST)
    cell.wait_completed(execution, 60)
    cell.schedulers[0].kill()

    cell.wait_ended(execution)

    expected = reckoned(document, fault_flaky=lambda **_: {"v": 1})
    check_success(cell, execution, document, expected)
    assert Counter(effects(into)) == {f"flaky-{n}": 2 for n in range(60)}
    assert set(charges(cell, execution).values()) == {(0, 1)}
    assert len(charges(cell, execution)) == 60


@pytest.mark.unmeasured
def test_attempts_past_their_limit_fail_and_are_made_again(cell: Cell, tmp_path: Path) -> None:
    """Invariant 7: whatever an attempt hangs in, another one is made; `attempt_timed_out`."""
    into = tmp_path / "effects"
    config = {"timeout": 1, "retry_min_ms": 1, "retry_max_ms": 10}
    hanging = ("fault_spin", "fault_sleep", "fault_wait", "fault_child")
    nodes = [harmful(task, into, task, **config) for task in hanging]
    nodes[-1]["configurations"]["timeout"] = 6  # a child takes a while to start, and that counts
    document = connected(
        workflow(start(), *nodes, *(stepped(f"other_{n}", into) for n in range(50))),
        ", ".join(f"start -> {each}" for each in (*hanging, *(f"other_{n}" for n in range(50)))),
    )
    execution = cell.submit(document, FIRST)

    cell.wait_ended(execution)

    expected = reckoned(document, **dict.fromkeys(hanging, lambda **_: {"v": 1}))
    check_success(cell, execution, document, expected)
    assert charges(cell, execution) == {("", task): (0, 1) for task in hanging}
    retried = {
        event.data["node_id"]: event.data["error"]["error_code"]
        for event in events_of(cell, execution)
        if event.event_type == "node_retrying"
    }
    assert retried == dict.fromkeys(hanging, "attempt_timed_out")
    assert {each: effects(into).count(each) for each in hanging} == dict.fromkeys(hanging, 2)


def test_a_node_that_kills_its_process_fails_alone(cell: Cell, tmp_path: Path) -> None:
    """Rule 8: after two losses it runs in a child of its own, whose death it alone is charged."""
    into = tmp_path / "effects"
    poisons = {"poison": "fault_poison", "poison_async": "fault_poison_async"}
    others = [f"other_{n}" for n in range(200)]
    document = workflow(
        start(),
        *(harmful(job, into, task) for job, task in poisons.items()),
        *(mapped(f"after_{job}", "1") for job in poisons),
        *(stepped(job, into) for job in others),
    )
    connected(document, ", ".join(f"start -> {job}" for job in (*poisons, *others)))
    connected(document, ", ".join(f"{job}:error -> after_{job}" for job in poisons))
    execution = cell.submit(document, FIRST)

    def ended() -> bool:
        cell.revive()
        return cell.is_final(execution)

    cell.wait(ended)

    def die(**_: object) -> None:
        raise WorkerLost("as it must")

    check_success(
        cell, execution, document, reckoned(document, **dict.fromkeys(poisons.values(), die))
    )
    losses = charges(cell, execution)
    assert {losses.pop(("", job)) for job in poisons} == {(3, 0)}
    # Whoever ran in the same process when it died is charged as well, and no more than suspected.
    assert set(losses.values()) <= {(1, 0), (2, 0)}
    assert all(2 <= effects(into).count(job) <= 4 for job in poisons)
