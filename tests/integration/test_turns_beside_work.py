"""Turns beside work: two dispatchers, workers and people at once (rules 1 and 9)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import Random
from uuid import UUID

import pytest

from tests.integration.test_ledger_recovery import side_by_side
from tests.support.ledger_driver import Hand, check
from treadle.dag.outcomes import Completed
from treadle.ledger.engine import control, turns
from treadle.ledger.engine.batches import Request
from treadle.ledger.engine.control import ExecutionIsFinal
from treadle.ledger.engine.settle_rows import settlement_of
from treadle.ledger.engine.turns import Share

EXECUTIONS = 24
NODES = tuple(f"n{number}" for number in range(8))
ROUNDS = 60


def dispatch(hand: Hand, random: Random, executions: list[UUID]) -> None:
    """Pass, find lost messages and rows without a turn, all without any execution's lock."""
    found = turns.waiting(hand.session, ["core"], {}, {})
    shares = [Share(*turn, each, 50) for turn, of_it in found.items() for each in of_it]
    if shares:
        turns.send(hand.session, shares, epoch=random.choice(("today", "yesterday")))
    turns.take_back_lost(hand.session, epoch="today", oldest={}, queues=["core"], grace_seconds=0)
    turns.adopt(hand.session, 1_000)


def work(hand: Hand, random: Random, executions: list[UUID]) -> None:
    """Claim rows of several executions in one transaction, and settle some of them."""
    some = random.sample(executions, 4)
    answers = hand.commit(*(hand.wish(each, *random.sample(NODES, 2)) for each in some))
    requests = [
        Request(each, settlements=[settlement_of(claim, Completed(1)) for claim in answer.claims])
        for each, answer in zip(some, answers, strict=True)
        if answer is not None and random.random() < 0.5
    ]
    for each in requests:
        hand.commit(each, wait=True)


def decide(hand: Hand, random: Random, executions: list[UUID]) -> None:
    """Pause and resume, and now and then cancel, as people do."""
    execution = random.choice(executions)
    act = random.choice((control.pause, control.resume, control.pause, control.resume))
    with suppress(ExecutionIsFinal):
        act(hand.engine, hand.session, execution)
        if random.random() < 0.02:
            control.cancel(hand.engine, hand.session, execution)
    hand.session.execute(
        "update node_executions set owner = null where execution_id = %s and node = 'n0'"
        " and state = 'ready'",
        (execution,),
    )


def repeated(
    url: str, seed: int, what: Callable[[Hand, Random, list[UUID]], None], executions: list[UUID]
) -> None:
    hand, random = Hand(url), Random(seed)
    hand.queue.epoch = "today" if seed % 2 else None
    for _ in range(ROUNDS):
        what(hand, random, executions)
    hand.close()


@pytest.mark.timeout(120)
def test_dispatchers_workers_and_people_never_wait_in_a_circle(fresh_postgres_url: str) -> None:
    """None of them fails by a deadlock, and every row that is ready has a turn in the end."""
    hand = Hand(fresh_postgres_url)
    hand.session.execute(f"alter database {hand.session.info.dbname} set deadlock_timeout = '50ms'")
    hand.queue.epoch = None
    executions = [hand.submit(side_by_side(*NODES), owner=f"o{n % 5}") for n in range(EXECUTIONS)]
    crowd = (dispatch, dispatch, work, work, work, decide, decide)

    with ThreadPoolExecutor(len(crowd)) as threads:
        running = [
            threads.submit(repeated, fresh_postgres_url, seed, what, executions)
            for seed, what in enumerate(crowd)
        ]
        for one in running:
            one.result()

    for each in executions:
        with suppress(ExecutionIsFinal):
            control.resume(hand.engine, hand.session, each)
    turns.adopt(hand.session, 1_000)
    assert [check(hand.session, each) for each in executions] == [[]] * EXECUTIONS
    hand.close()
