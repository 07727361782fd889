"""Questions under every order of things: answers, repeats, timeouts, cancels, losses, two sweepers.

Whatever happens and whoever comes at the same moment, each question is settled once (invariant 8):
its node leaves once, its record says who decided, and everybody else is told so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import UUID

import pytest
import redis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.support.ledger_driver import Hand, ParkingQueue, check, miscounted
from tests.support.workflows import for_each, node, start, workflow
from treadle.core.postgres import connect
from treadle.core.redis import connect as connect_redis
from treadle.dag.events import EventType
from treadle.hil.sweeper import Sweeper
from treadle.ledger.engine import control
from treadle.ledger.engine.control import ExecutionIsFinal
from treadle.ledger.engine.engine import Engine
from treadle.ledger.people import interactions
from treadle.ledger.people.answers import InteractionDecided
from treadle.ledger.views import executions
from treadle.transport.pause_table import PauseTable
from treadle.wire.events import Event

pytestmark = pytest.mark.slow

APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
TITLED = {"configurations": {"title": "?"}}
WORKFLOW = workflow(
    start(), node("a", APPROVAL, **TITLED), node("b", APPROVAL, **TITLED),
    for_each("each"), node("inner", APPROVAL, **TITLED), node("then"), node("beside"), node("end"),
    connect="start -> a, start -> b, start -> each, start -> beside, a:confirmed -> then,"
    " each:body -> inner, each:done -> end",
)  # fmt: skip
ASKS = ("a", "b", "inner")
ACTIONS = ("fail", "continue", "default_response")

numbers = st.integers(0, 99)
decisions = st.sampled_from(("confirmed", "rejected"))
people = st.sampled_from(("ana", "ben"))


@dataclass
class Asked:
    """What the model knows of a question."""

    id: UUID
    execution: UUID
    place: str
    settled: str | None = None
    """How it was settled: by whom and how, or `timeout`, or `canceled`."""
    overdue: bool = False


class People(RuleBasedStateMachine):
    """What can happen to the questions of two executions."""

    url = ""
    redis_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.hands = [Hand(self.url), Hand(self.url), Hand(self.url)]
        self.client: redis.Redis = connect_redis(self.redis_url)
        self.client.flushdb()
        self.table = PauseTable(self.client)
        self.sweepers = [self._sweeper(hand) for hand in self.hands[:2]]
        self.executions: list[UUID] = []
        self.questions: list[Asked] = []
        self.threads = ThreadPoolExecutor(6)

    def _sweeper(self, hand: Hand) -> Sweeper:
        engine = Engine(hand.graphs, ParkingQueue(self.table))
        return Sweeper(lambda: connect(self.url, autocommit=True), self.table, engine)

    @initialize()
    def submit(self) -> None:
        self.executions = [self.hands[0].submit(WORKFLOW, {"items": [1, 2]}) for _ in range(2)]

    @rule(which=numbers, action=st.sampled_from(ACTIONS), parked=st.booleans())
    def ask(self, which: int, action: str, parked: bool) -> None:
        """A node asks; the process may die before it parks the question."""
        hand, ready = self.hands[which % 2], self._ready()
        asking = [each for each in ready if each[1].split()[-1] in ASKS]
        if not asking:
            return
        execution, place = asking[which % len(asking)]
        default = {"decision": "rejected"} if action == "default_response" else None
        question = hand.ask(execution, place, timeout_action=action, default_response=default)
        self.questions.append(Asked(question, execution, place))
        if parked:
            self._park(question)

    @rule(which=numbers, fails=st.integers(0, 9))
    def work(self, which: int, fails: int) -> None:
        """Something that is no question goes on, or fails and ends its execution early."""
        hand = self.hands[which % 2]
        working = [each for each in self._ready() if each[1].split()[-1] not in ASKS]
        if not working:
            return
        execution, place = working[which % len(working)]
        if place == "each" and hand.row(execution, "each").phase != "gather":
            hand.open_loop(execution, place, 2)
        elif place == "each":
            hand.complete(execution, place, {"results": [], "count": 2}, key="done")
        elif fails == 9 and place == "beside":
            hand.fail(execution, place)
        else:
            hand.complete(execution, place)

    @precondition(lambda self: self.questions)
    @rule(which=numbers, decision=decisions, by=people)
    def answer(self, which: int, decision: str, by: str) -> None:
        asked = self.questions[which % len(self.questions)]
        told = self._answer(self.hands[which % 2], asked, decision, by)
        if asked.settled is None:
            assert told == "decided"
            asked.settled = decision
        else:
            assert told == ("repeated" if asked.settled == decision else "late")

    @precondition(lambda self: self.questions)
    @rule(which=numbers)
    def elapse(self, which: int) -> None:
        """Let a question's time be over; the table knows it."""
        asked = self.questions[which % len(self.questions)]
        if asked.settled is None:
            self._let_pass(asked)
            self._park(asked.id)

    @rule(who=st.integers(0, 1))
    def sweep(self, who: int) -> None:
        """End what is due in the table."""
        self.sweepers[who].run_pass()

    @rule()
    def flush(self) -> None:
        """Redis loses all; the next pass puts it back."""
        self.client.flushdb()

    @rule(which=numbers, what=st.sampled_from(("pause", "resume")))
    def hold(self, which: int, what: str) -> None:
        self._control(self.hands[0], self.executions[which % 2], what)

    @rule(which=numbers, really=st.integers(0, 9))
    def cancel(self, which: int, really: int) -> None:
        if really == 9:
            self._control(self.hands[1], self.executions[which % 2], "cancel")

    @precondition(lambda self: any(each.settled is None for each in self.questions))
    @rule(which=numbers, overdue=st.booleans(), cancels=st.integers(0, 4))
    def race(self, which: int, overdue: bool, cancels: int) -> None:
        """Everybody comes at the same moment: one of them decides."""
        pending = [each for each in self.questions if each.settled is None]
        asked = pending[which % len(pending)]
        if overdue:
            self._let_pass(asked)
            self._park(asked.id)
        first, second, third = self.hands
        acts: list[Callable[[], str]] = [
            lambda: self._answer(first, asked, "confirmed", "ana"),
            lambda: self._answer(second, asked, "rejected", "ben"),
            *(lambda each=each: self._swept(each) for each in self.sweepers),
        ]
        if cancels == 4:
            acts.append(lambda: self._control(third, asked.execution, "cancel"))
        told = [each.result() for each in [self.threads.submit(act) for act in acts]]
        found = self._found(asked)
        assert found != "pending"
        asked.settled = found
        decided = Counter(told)["decided"]
        assert decided == (1 if found in ("confirmed", "rejected") else 0), (told, found)

    @invariant()
    def each_question_is_settled_once(self) -> None:
        for asked in self.questions:
            found = self._found(asked)
            if asked.settled is None:
                asked.settled = self._excused(asked, found)
            else:
                assert found == asked.settled
        assert miscounted(self.hands[0].session) == []
        for execution in self.executions:
            assert check(self.hands[0].session, execution) == []
            settled = Counter(
                (event.data["node_id"], event.data["scope"])
                for event in self._events(execution)
                if event.event_type in (EventType.NODE_COMPLETED, EventType.NODE_FAILED)
            )
            assert not settled or max(settled.values()) == 1, settled

    def teardown(self) -> None:
        try:
            for asked in self.questions:
                if asked.settled is None:
                    self._let_pass(asked)
            for sweeper in self.sweepers:  # nothing was parked of what is overdue now
                sweeper._swept = float("-inf")
                sweeper.run_pass()
            for asked in self.questions:
                assert self._found(asked) != "pending"
        finally:
            self.threads.shutdown()
            for sweeper in self.sweepers:
                sweeper.close()
            for hand in self.hands:
                hand.close()
            self.client.close()

    # -- what the model does ----------------------------------------------------------------------

    def _ready(self) -> list[tuple[UUID, str]]:
        return [
            (execution, place)
            for execution in self.executions
            if self.hands[0].execution(execution).pause_requested_at is None
            for place, state in sorted(self.hands[0].states(execution).items())
            if state == "ready"
        ]

    def _park(self, question: UUID) -> None:
        session = self.hands[0].session
        for each in interactions.pending(session, limit=10_000):
            if each.interaction_id == question:
                self.table.park([each])

    def _let_pass(self, asked: Asked) -> None:
        asked.overdue = True
        self.hands[0].session.execute(
            "update interactions set timeout_at = now() - interval '1 s',"
            " warn_at = now() - interval '2 s' where id = %s and status = 'pending'",
            (asked.id,),
        )

    def _found(self, asked: Asked) -> str:
        found = interactions.interaction(self.hands[0].session, asked.id)
        return str(found.decision) if found.status == "completed" else found.status

    def _excused(self, asked: Asked, found: str) -> str | None:
        """Return how a question was settled that the model did not settle, if it may be."""
        if found == "pending":
            return None
        if found == "timeout":
            assert asked.overdue
        else:
            assert found == "canceled", (asked, found)
            assert self._over(asked)
        return found

    def _over(self, asked: Asked) -> bool:
        """Whether what a question was asked in has ended: its execution or its turn of a loop."""
        hand = self.hands[0]
        scope = asked.place.rpartition(" ")[0]
        finished = hand.execution(asked.execution).finished_at is not None
        return finished or hand.scopes(asked.execution).get(scope, "open") != "open"

    def _answer(self, hand: Hand, asked: Asked, decision: str, by: str) -> str:
        try:
            answered = hand.answer(asked.id, decision, by)
        except InteractionDecided:
            return "late"
        self.table.unpark(hand.published.unparked)
        return "repeated" if answered.repeated else "decided"

    def _swept(self, sweeper: Sweeper) -> str:
        sweeper.run_pass()
        return "swept"

    def _control(self, hand: Hand, execution: UUID, what: str) -> str:
        try:
            call = getattr(control, what)
            call(hand.engine, hand.session, execution)
            self.table.unpark(hand.published.unparked)
        except ExecutionIsFinal:
            return "final"
        return what

    def _events(self, execution: UUID) -> list[Event]:
        return executions.events(self.hands[0].session, execution)


@pytest.mark.timeout(180)
def test_whoever_comes_first_settles_a_question_and_nobody_else(
    fresh_postgres_url: str, redis_url: str
) -> None:
    """Random interleavings on the real ledger and the real pause table."""
    places = {"url": fresh_postgres_url, "redis_url": redis_url}
    machine = type("PeopleHere", (People,), places)

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_question_is_canceled_with_its_loop_before_the_execution_ends(
    fresh_postgres_url: str, redis_url: str
) -> None:
    """One turn's question fails by its timeout: the loop ends the other turn's question too."""
    machine = type("PeopleHere", (People,), {"url": fresh_postgres_url, "redis_url": redis_url})()
    try:
        machine.submit()
        machine.work(which=3, fails=0)
        machine.hold(which=0, what="pause")
        machine.ask(which=2, action="fail", parked=False)
        machine.elapse(which=0)
        machine.ask(which=26, action="fail", parked=False)
        machine.sweep(who=0)
        machine.each_question_is_settled_once()
        assert [each.settled for each in machine.questions] == ["timeout", "canceled"]
    finally:
        machine.teardown()
