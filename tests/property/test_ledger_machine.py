"""The ledger under every order of things: two workers, crashes, zombies, pauses and cut lines.

Whatever happens, the invariants of docs/architecture.md hold after each step, and what the
executions come to is what the reference says; so is what a retry of the failed and the canceled
comes to.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.property.ledger_world import (
    World,
    may_fail,
    refuse_other_losses,
    refuse_other_transitions,
    unlucky,
)
from tests.reference.generate import random_case
from treadle.dag.outcomes import Released
from treadle.ledger.engine.settle_rows import settlement_of

pytestmark = pytest.mark.slow

#: Nodes of a workflow here: enough for loops in loops and joins, few enough to end soon.
MOST_NODES = 14

Item = TypeVar("Item")
workers = st.sampled_from((0, 1))
numbers = st.integers(0, 99)
rooms = st.integers(0, 4)


def some(items: Sequence[Item], first: int, count: int) -> list[Item]:
    """Return up to `count` neighbours from place `first` on, round and round."""
    return [items[(first + offset) % len(items)] for offset in range(min(count, len(items)))]


class Ledger(RuleBasedStateMachine):
    """What can happen to two executions."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.url)

    @initialize(seeds=st.tuples(st.integers(0, 5_000), st.integers(0, 5_000)))
    def submit(self, seeds: tuple[int, int]) -> None:
        for seed in seeds:
            self.world.submit(random_case(seed, MOST_NODES))

    @rule(who=workers, first=numbers, count=st.integers(1, 6), start_all=st.booleans())
    def claim(self, who: int, first: int, count: int, start_all: bool) -> None:
        ready = self.world.ready()
        if ready:
            self.world.claim(who, some(ready, first, count), start_all=start_all)

    @rule(who=workers, first=numbers, count=st.integers(1, 3))
    def start_members(self, who: int, first: int, count: int) -> None:
        members = [claim for claim in self.world.claims[who] if not claim.started]
        if members:
            self.world.start(who, some(members, first, count))

    @rule(who=workers, first=numbers, count=st.integers(1, 6), room=rooms)
    def settle(self, who: int, first: int, count: int, room: int) -> None:
        claims = self.world.claims[who]
        if claims:
            outcomes = [self.world.run(claim) for claim in some(claims, first, count)]
            self.world.settle(who, outcomes, room=room)

    @rule(who=workers, first=numbers, breaks=st.sampled_from(("after", "before")))
    def settle_over_a_line_that_is_cut(self, who: int, first: int, breaks: str) -> None:
        claims = self.world.claims[who]
        if claims:
            outcomes = [self.world.run(claim) for claim in some(claims, first, 3)]
            self.world.settle_cut(who, outcomes, breaks=breaks)

    @rule(who=workers, first=numbers)
    def fail_by_chance(self, who: int, first: int) -> None:
        claims = [claim for claim in self.world.claims[who] if may_fail(claim)]
        if claims:
            (claim,) = some(claims, first, 1)
            self.world.settle(who, [settlement_of(claim, unlucky(claim))])

    @rule(who=workers, first=numbers)
    def overrun(self, who: int, first: int) -> None:
        claims = [claim for claim in self.world.claims[who] if claim.started and may_fail(claim)]
        if claims:
            self.world.overrun(who, *some(claims, first, 1))

    @rule(who=workers, first=numbers)
    def give_back(self, who: int, first: int) -> None:
        claims = self.world.claims[who]
        if claims:
            (claim,) = some(claims, first, 1)
            self.world.settle(who, [settlement_of(claim, Released())])

    @rule(who=workers, first=numbers)
    def lose_a_child(self, who: int, first: int) -> None:
        claims = [claim for claim in self.world.claims[who] if claim.started]
        if claims:
            (claim,) = some(claims, first, 1)
            self.world.settle(who, [settlement_of(claim, Released(lost=True))])

    @rule(who=workers)
    def give_back_orphans(self, who: int) -> None:
        self.world.give_back_orphans(who)

    @rule(who=workers)
    def die(self, who: int) -> None:
        self.world.reclaim(who)

    @precondition(lambda self: self.world.zombies)
    @rule(which=numbers)
    def replay(self, which: int) -> None:
        (zombie,) = some(self.world.zombies, which, 1)
        self.world.replay(zombie)

    @rule()
    def elapse(self) -> None:
        self.world.elapse()

    @rule(which=numbers, what=st.sampled_from(("pause", "resume")))
    def hold(self, which: int, what: str) -> None:
        unfinished = self.world.unfinished()
        if unfinished:
            (execution,) = some(unfinished, which, 1)
            self.world.control(execution, what)

    @rule(who=workers, has_room=st.booleans())
    def fill(self, who: int, has_room: bool) -> None:
        self.world.hands[who].queue.epoch = "today" if has_room else None

    @rule()
    def lose_messages(self) -> None:
        self.world.lose_messages()

    @rule()
    def dispatch(self) -> None:
        self.world.dispatch()

    @rule()
    def fold(self) -> None:
        self.world.fold()

    @rule()
    def recount(self) -> None:
        self.world.recount()

    @rule(which=numbers, really=st.integers(0, 7))
    def cancel(self, which: int, really: int) -> None:
        unfinished = self.world.unfinished()
        if unfinished and really == 7:
            (execution,) = some(unfinished, which, 1)
            self.world.control(execution, "cancel")

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.world.broken() == []

    def teardown(self) -> None:
        try:
            if self.world.cases:
                self.world.finish()
                self.world.retry()
                assert self.world.broken() == []
                self.world.finish()
                assert self.world.broken() == []
                assert self.world.differences() == []
        finally:
            self.world.close()


@pytest.mark.timeout(180)
def test_whatever_the_order_the_ledger_keeps_its_invariants(fresh_postgres_url: str) -> None:
    """Two sessions, random outcomes in random batches; then the outcome is the reference's."""
    refuse_other_transitions(fresh_postgres_url)
    refuse_other_losses(fresh_postgres_url)
    machine = type("LedgerHere", (Ledger,), {"url": fresh_postgres_url})

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
