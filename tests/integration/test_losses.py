"""Losses: what a node is charged for its workers' deaths, and what forgives it (rule 8)."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from tests.support.ledger_driver import BROKEN, Hand
from tests.support.workflows import chain, for_each, node, start, workflow
from treadle.dag.outcomes import Completed, LoopOpened, Outcome, Released, Retrying
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.engine.retrying import retry


def lose(hand: Hand, execution: UUID, place: str, times: int) -> None:
    """Let a worker die of a node, several times."""
    for _ in range(times):
        hand.claim(execution, place)
        hand.reclaim(execution, hand)


@pytest.mark.parametrize("outcome", [Retrying(BROKEN, timedelta()), LoopOpened(items=(1,))])
def test_an_outcome_forgives_the_losses_before_it(hand: Hand, outcome: Outcome) -> None:
    """What runs again after it is no suspect; three times over, whatever was lost before."""
    is_loop = isinstance(outcome, LoopOpened)
    loop = workflow(start(), for_each("a"), node("entry"), connect="start -> a, a:body -> entry")
    execution = hand.submit(loop if is_loop else chain(node("a")))
    for _ in range(1 if is_loop else 3):
        lose(hand, execution, "a", SUSPECT_AFTER)
        assert hand.row(execution, "a").lost_count == SUSPECT_AFTER

        hand.settle((hand.claim(execution, "a"), outcome))

        assert hand.row(execution, "a").lost_count == 0
        hand.wake(execution)


def test_each_turn_of_a_loop_forgives_the_losses_of_the_one_before(hand: Hand) -> None:
    """Taken out, a loop of thousands of turns runs each alone for two losses in all its life."""
    config = {"loop_type": "while", "loop_condition": "index < 9"}
    document = workflow(
        start(), node("turns", "FLOW.LOOP", configurations=config), node("body"),
        connect="start -> turns, turns:body -> body",
    )  # fmt: skip
    execution = hand.submit(document)

    for turn in range(3):
        lose(hand, execution, "turns", SUSPECT_AFTER)
        claim = hand.claim(execution, "turns")
        assert claim.lost_count == SUSPECT_AFTER
        hand.settle((claim, LoopOpened()))
        assert hand.row(execution, "turns").lost_count == 0
        answer = hand.settle((hand.claim(execution, f"turns:{turn} body"), Completed(turn)), room=9)
        (next_turn,) = answer.handed_over
        assert next_turn.lost_count == 0
        hand.settle((next_turn, Released()))


def test_a_release_keeps_the_losses(hand: Hand) -> None:
    """A drain says nothing of a node: whatever kills its workers is found between drains too."""
    execution = hand.submit(chain(node("a")))
    lose(hand, execution, "a", 1)

    hand.settle((hand.claim(execution, "a"), Released()))
    lose(hand, execution, "a", 1)
    hand.settle((hand.claim(execution, "a"), Released()))

    assert hand.claim(execution, "a").lost_count == SUSPECT_AFTER


def test_what_failed_by_its_losses_begins_anew_in_a_retry(hand: Hand) -> None:
    """A retried execution charges its nodes with nothing of the old one."""
    execution = hand.submit(chain(node("a"), node("b")))
    lose(hand, execution, "a", SUSPECT_AFTER)
    hand.complete(execution, "a")
    lose(hand, execution, "b", SUSPECT_AFTER)
    hand.fail(execution, "b")

    repeated = retry(hand.engine, hand.session, execution)

    assert hand.claim(repeated, "b").lost_count == 0
