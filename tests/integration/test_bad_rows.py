"""Rows that cannot be understood: each ends its own execution, and no process and no other one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest
from prometheus_client import REGISTRY

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import InProcess, in_threads
from tests.support.ledger_driver import Hand, check
from tests.support.statements import DEFINITIONS
from tests.support.workflows import chain, node
from treadle.core.settings import Settings
from treadle.dag.specs import Lane
from treadle.ledger.engine import control
from treadle.ledger.engine.leases import Ref
from treadle.ledger.engine.quarantine import quarantine
from treadle.ledger.engine.recovery import wake
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.ledger.people.interactions import interactions
from treadle.scheduler.process import Scheduler
from treadle.scheduler.set_aside import SetAside
from treadle.transport.connections import Connections
from treadle.workers.process import WorkerProcess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

#: Rows of a node that its version does not have, in each state that something comes to act on.
GHOSTS = {
    "ready": "",
    "timer": ", state = 'waiting', wait_kind = 'timer', due_at = now(), output_key = 'result'",
    "retry": ", state = 'retrying', due_at = now()",
    "overdue": ", state = 'running', lease_id = gen_random_uuid(), started_at = now() - interval"
    " '9 s', limit_at = now() - interval '8 s'",
    "of_a_dead_worker": ", state = 'running', lease_id = gen_random_uuid(), started_at = now(),"
    " limit_at = now() + interval '1 day', worker_id = gen_random_uuid()",
}


class Bench:
    """A client of a cluster that does not run yet, and what breaks its rows."""

    def __init__(self, settings: Settings) -> None:
        self.client = InProcess(settings)
        self.hand = Hand(settings.database_url)

    def execute(self, query: str, *values: object) -> None:
        self.client.session.execute(query.encode(), values)

    def ghost(self, kind: str) -> UUID:
        execution = self.client.submit(chain(node(f"a_{kind}"), node("b")))
        self.execute(
            "update node_executions set node = 'ghost', enqueued_at = null, epoch = null"
            f"{GHOSTS[kind]} where execution_id = %s and state = 'ready'",
            execution,
        )
        return execution

    def undefined(self, kind: str) -> UUID:
        execution = self.client.submit(chain(node(f"a_{kind}"), node("b")))
        self.execute("alter table executions drop constraint if exists executions_version_id_fkey")
        self.execute(DEFINITIONS[kind], self.hand.execution(execution).version_id)
        return execution

    def newer(self, old: str, new: str) -> UUID:
        """Return one whose definition is as a release stored it that knows more."""
        execution = self.client.submit(chain(node("a")))
        self.change(execution, old, new)
        return execution

    def change(self, execution: UUID, old: str, new: str) -> None:
        """Store a definition as another release would have."""
        changed = "convert_to(replace(convert_from(definition, 'utf8'), %s, %s), 'utf8')"
        self.execute(
            f"update workflow_versions set definition = {changed}, digest = sha256({changed})"
            " where id = %s",
            *(old, new, old, new),
            self.hand.execution(execution).version_id,
        )

    def undue(self) -> UUID:
        """Return one whose question is due and cannot be read."""
        question = node("ask", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", configurations={"title": "?"})
        execution = self.hand.submit(chain(question))
        self.hand.ask(execution, "ask")
        self.execute(
            "update interactions set question = '{}', timeout_at = now() where execution_id = %s",
            execution,
        )
        return execution

    def unsendable(self) -> UUID:
        """Return one whose question is to be sent and cannot be read."""
        execution = self.undue()
        self.execute(
            "update interactions set timeout_at = now() + interval '1 day' where execution_id = %s",
            execution,
        )
        self.execute(
            "insert into outbox (id, interaction_id, kind) select gen_random_uuid(), id, 'ask'"
            " from interactions where execution_id = %s",
            execution,
        )
        return execution


@pytest.fixture
def settings(fresh_settings: Settings) -> Settings:
    quick = {"worker_threads": 2, "lease_seconds": 2, "heartbeat_seconds": 0.5}
    return fresh_settings.model_copy(update=quick)


@pytest.fixture
def bench(settings: Settings) -> Iterator[Bench]:
    made = Bench(settings)
    yield made
    made.client.close()
    made.hand.close()


def test_each_bad_row_ends_its_own_execution_and_no_other(
    bench: Bench, settings: Settings, wait_until: WaitUntil
) -> None:
    """As ERROR with `row_not_understood`; a good execution beside them all runs to its end."""
    bad: dict[str, UUID] = {
        **{kind: bench.ghost(kind) for kind in GHOSTS},
        **{kind: bench.undefined(kind) for kind in DEFINITIONS},
        "question": bench.undue(),
        "message": bench.unsendable(),
    }
    good = bench.client.submit(chain(*(node(f"n{n}") for n in range(3))))
    ended_before = counted("ended")

    with cluster(settings):
        wait_until(lambda: bench.client.has_ended(good), timeout=60)
        wait_until(lambda: all(map(bench.client.has_ended, bad.values())), timeout=60)
        after = bench.client.submit(chain(node("after")))
        wait_until(lambda: bench.client.has_ended(after), timeout=60)

    assert {bench.hand.status(each) for each in (good, after)} == {"SUCCESS"}
    found = {kind: bench.hand.error_code(each) for kind, each in bad.items()}
    assert found == dict.fromkeys(bad, "row_not_understood")
    assert [broken for each in bad.values() for broken in check(bench.client.session, each)] == []
    assert counted("ended") == ended_before + len(bad)
    listed = interactions(bench.client.session, account="local", limit=9)
    assert listed == []
    details = bench.client.shown(bad["ready"])["error"]["error_details"]
    assert (details["node_id"], details["execution_id"]) == ("ghost", str(bad["ready"]))


def test_a_refused_execution_keeps_nothing_from_the_others_of_its_message(
    bench: Bench, settings: Settings, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot even be ended comes to nothing; what was claimed beside it is run at once."""
    monkeypatch.setattr("treadle.workers.committer.quarantine", lambda *_: False)
    bad = bench.undefined("no_json")
    good = bench.client.submit(chain(node("a"), node("b")))
    process = WorkerProcess(settings)

    with in_threads(process.run_until):
        wait_until(lambda: process.runner.worker_id is not None)
        process.runner.run_message(Lane.INLINE, [Ref(bad, "", "a_no_json"), Ref(good, "", "a")])

        assert bench.hand.status(good) == "SUCCESS"
        assert bench.hand.status(bad) == "RUNNING"
    assert check(bench.client.session, good) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("DATA_TRANSFORMATION", "NOBODY_KNOWS"),
        ('"spec_version":"1.0"', '"spec_version":"1.10"'),
        ('"expression":"1"', '"expression":"1 | nobody_knows"'),
    ],
)
def test_what_another_release_stored_is_left_to_it(
    bench: Bench,
    settings: Settings,
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
) -> None:
    """Given back uncharged as often as it comes; a process that can compile it runs it."""
    # It comes again after this, twice this, and four times this: 5 s would make it 35.
    monkeypatch.setattr("treadle.scheduler.set_aside._FIRST_SECONDS", 0.3)
    monkeypatch.setattr("treadle.scheduler.dispatcher._CLAIM_GRACE_SECONDS", 0.3)
    execution = bench.newer(old, new)
    before = counted("left")

    with cluster(settings):
        good = bench.client.submit(chain(node("b")))
        wait_until(lambda: bench.client.has_ended(good), timeout=60)
        wait_until(lambda: counted("left") >= before + 3, timeout=60)
        row = bench.hand.row(execution, "a")
        assert (row.state, row.attempt, row.lost_count) == ("ready", 0, 0)
        assert bench.hand.status(execution) == "RUNNING"
        bench.change(execution, new, old)  # the newer one comes
        wait_until(lambda: bench.client.has_ended(execution), timeout=60)

    assert bench.hand.status(execution) == "SUCCESS"
    assert bench.hand.row(execution, "a").attempt == 1
    assert check(bench.client.session, execution) == []


def test_what_no_release_takes_within_an_hour_ends(
    bench: Bench, settings: Settings, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No execution waits for ever for an upgrade that does not come."""
    monkeypatch.setattr("treadle.ledger.engine.quarantine.UPGRADE_SECONDS", 0.0)
    execution = bench.newer("DATA_TRANSFORMATION", "NOBODY_KNOWS")

    with cluster(settings):
        wait_until(lambda: bench.client.has_ended(execution), timeout=60)

    assert bench.hand.error_code(execution) == "row_not_understood"


def test_a_person_can_end_what_another_release_stored(bench: Bench, settings: Settings) -> None:
    """A cancel waits for no upgrade."""
    execution = bench.newer("DATA_TRANSFORMATION", "NOBODY_KNOWS")
    other = Hand(settings.database_url)

    control.cancel(other.engine, other.session, execution)

    assert other.error_code(execution) == "row_not_understood"
    assert check(other.session, execution) == []
    other.close()


def test_rows_of_no_execution_are_set_aside(
    bench: Bench, settings: Settings, wait_until: WaitUntil
) -> None:
    """They end nothing, and the scheduler does not go round for them at full speed."""
    orphan = bench.ghost("timer")
    bench.execute("delete from executions where id = %s", orphan)
    good = bench.client.submit(chain(node("a"), node("b")))
    before = counted("set_aside")

    with cluster(settings):
        wait_until(lambda: counted("set_aside") > before, timeout=60)
        wait_until(lambda: bench.client.has_ended(good), timeout=60)
        later = [bench.client.submit(chain(node("c"))) for _ in range(3)]
        wait_until(lambda: all(map(bench.client.has_ended, later)), timeout=60)

    assert counted("set_aside") <= before + 3
    assert {bench.hand.status(each) for each in (good, *later)} == {"SUCCESS"}


@pytest.mark.parametrize("kind", [*DEFINITIONS])
def test_a_person_can_end_what_cannot_be_read(bench: Bench, settings: Settings, kind: str) -> None:
    """A cancel ends it, with the reason why it could not run; nothing has to be due for that."""
    execution = bench.undefined(kind)
    other = Hand(settings.database_url)

    control.cancel(other.engine, other.session, execution)

    assert other.error_code(execution) == "row_not_understood"
    assert check(other.session, execution) == []
    other.close()


def test_a_defect_ends_no_execution(hand: Hand) -> None:
    """What is no `row_not_understood` sets it aside alone: nothing says that its rows are bad."""
    execution = hand.submit(chain(node("a")))
    guard = SetAside(hand.engine)

    def broken() -> bool:
        raise AssertionError("a defect")

    assert guard.act(hand.session, execution, broken) is False
    assert guard.ids() == [execution]
    assert hand.status(execution) == "RUNNING"
    assert guard.act(hand.session, execution, acting(hand, execution)) is True
    assert guard.ids() == []


def test_an_execution_that_has_ended_stays_as_it_is(hand: Hand) -> None:
    """Quarantine comes too late for it, and says that there is nothing more to do."""
    execution = hand.submit(chain(node("a")))
    hand.complete(execution, "a")

    assert quarantine(hand.engine, hand.session, execution, RowNotUnderstood("?")) is True
    assert hand.status(execution) == "SUCCESS"


def test_a_message_of_a_node_that_is_not_there_ends_nothing(hand: Hand) -> None:
    """Messages are no rows: whoever forges one cannot end an execution by it."""
    execution = hand.submit(chain(node("a")))

    assert hand.claims(execution, "ghost") == []
    assert hand.claims(execution, "ghost", "a", start_all=False)[0].ref.node == "a"
    assert hand.row(execution, "a").started_at is not None


def test_a_question_of_no_execution_is_none(hand: Hand) -> None:
    """What is not there cannot be ended, and is set aside."""
    assert quarantine(hand.engine, hand.session, uuid4(), RowNotUnderstood("?")) is False


def acting(hand: Hand, execution: UUID) -> Callable[[], bool]:
    return lambda: wake(hand.engine, hand.session, execution)


def cluster(settings: Settings) -> AbstractContextManager[None]:
    return in_threads(
        WorkerProcess(settings).run_until, Scheduler(Connections.to(settings)).run_until
    )


def counted(outcome: str) -> float:
    labels = {"outcome": outcome}
    return REGISTRY.get_sample_value("treadle_rows_not_understood_total", labels) or 0.0
