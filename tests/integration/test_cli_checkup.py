"""The doctor's checks on a cluster of which only the servers run."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr

from tests.support.gateway_server import serving
from tests.support.workflows import chain, node, valid
from treadle.cli.checkup import Check, Severity, checks
from treadle.core import postgres, redis
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.core.vital import Vital
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.views import processes
from treadle.monitoring.health import Probe, Readiness
from treadle.scheduler.health import SchedulerSilent
from treadle.scheduler.process import Scheduler
from treadle.transport import scheduler_heartbeat
from treadle.transport.connections import Connections
from treadle.transport.process_reports import Reporter, Role, reporting, reports


@pytest.fixture
def settings(fresh_settings: Settings) -> Settings:
    """Return settings of a database that only this test uses, with quick beats."""
    return fresh_settings.model_copy(update={"heartbeat_seconds": 0.2})


def found(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {each.check: (each.ok, each.detail) for each in checks(settings)}


def findings(settings: Settings, check: str) -> list[Check]:
    return [each for each in checks(settings) if each.check == check]


@contextmanager
def beating(settings: Settings, *queues: str) -> Iterator[None]:
    """Register a process that takes from these queues, and let it beat."""
    stop, worker = Event(), new_id()
    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, worker, host="h", pid=1, queues=queues)

        def beat() -> None:
            while not stop.wait(0.05):
                processes.beat(session, worker, draining=False)

        thread = Thread(target=beat)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


@contextmanager
def said(settings: Settings, role: Role, probe: Probe, **more: Any) -> Iterator[None]:
    """Have a process of a role report once, with one dependency."""
    with redis.connect(settings.redis_url) as client:
        Reporter(client, role, Readiness({"part": probe}), Vital(), **more).report()
        yield


def failing() -> None:
    raise SchedulerSilent("No pass for 47 s.")


def submit_task(settings: Settings, task: str) -> None:
    """Submit a workflow whose one node calls a task."""
    step = node("call", "ACTION.PYTHON_TASK", configurations={"task": task})
    validation = valid(chain(step))
    assert validation.workflow is not None
    assert validation.graph is not None
    with postgres.connect(settings.database_url, autocommit=True) as session:
        engine = Connections.to(settings).engine
        submit(engine, session, Submission(validation.workflow, validation.graph))


def test_what_is_missing_is_told_each_with_what_mends_it(settings: Settings) -> None:
    """No worker, no scheduler; and nothing waits for a worker that is not there."""
    told = list(checks(settings))

    failed = {each.check for each in told if not each.ok}
    assert failed == {"workers", "schedulers"}
    warned = {each.check for each in told if each.severity is Severity.WARNING}
    assert warned - {"disk"} == {"planners", "gateways"}
    assert all(bool(each.solution) is (each.severity is not Severity.OK) for each in told)


def test_a_queue_that_nobody_serves_is_named(settings: Settings) -> None:
    """With how much waits in it; a worker with the task makes it well, if it beats."""
    submit_task(settings, "weave")
    ok, detail = found(settings)["queues"]
    assert not ok
    assert detail == 'no worker takes task.weave (1 ready). No worker has the task "weave".'

    with beating(settings, "core", "task.weave"):
        assert found(settings)["queues"][0] is True


def test_a_worker_whose_beat_stands_still_is_silent(settings: Settings) -> None:
    """Its row is there, and that is not enough."""
    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, new_id(), host="h", pid=1, queues=["core"])

    assert found(settings)["workers"] == (False, "0 alive, 1 silent: h/1")


def test_a_scheduler_is_named(settings: Settings) -> None:
    """By its host and process."""
    with redis.connect(settings.redis_url) as client:
        scheduler_heartbeat.announce(client)

    assert found(settings)["schedulers"][0] is True


def test_a_database_without_the_schema_is_told(bare_postgres_url: str, redis_url: str) -> None:
    """And nothing else is asked of it."""
    addresses = {"configured_database_url": bare_postgres_url, "configured_redis_url": redis_url}

    told = found(Settings.model_validate(addresses))

    assert told["migrations"][0] is False
    assert "0001" in told["migrations"][1]
    assert "workers" not in told


def test_a_planner_is_no_worker(settings: Settings) -> None:
    """It takes prompts alone: with every worker stopped, nothing else runs."""
    with beating(settings, "planner"):
        told = found(settings)

    assert told["workers"] == (False, "0 alive")
    assert told["planners"] == (True, "1 alive")


def test_work_that_only_a_silent_process_takes_waits(settings: Settings) -> None:
    """Its row is there, and nobody takes the nodes; the same for prompts without a planner."""
    submit_task(settings, "weave")
    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, new_id(), host="h", pid=1, queues=["core", "task.weave"])
        session.execute("update node_executions set queue = 'planner' where queue = 'core'")

    assert found(settings)["queues"][0] is False


def test_a_task_that_was_meant_is_named(settings: Settings) -> None:
    """Among those that workers have."""
    submit_task(settings, "weav")
    with beating(settings, "core", "task.weave"):
        (told,) = findings(settings, "queues")

    assert 'Did you mean "weave"?' in told.detail
    assert "--tasks" in told.solution


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> float:
    """Return the seconds for which a session may hold up others, of which 5 are too many here."""
    monkeypatch.setattr("treadle.cli.checkup.database._HELD_UP_SECONDS", 0.5)
    return 0.5


@pytest.mark.slow
@pytest.mark.parametrize("table", ["executions", "node_executions", "workers"])
def test_a_lock_that_keeps_all_from_work_is_named(
    settings: Settings, table: str, soon: float, wait_until: Callable[..., Any]
) -> None:
    """Who holds it, for how long, and how to end it; that other checks wait for it ends none."""
    with psycopg.connect(settings.database_url, application_name="somebody") as holder:
        holder.execute(f"lock table {table}")
        pid, since = holder.info.backend_pid, time.monotonic()
        wait_until(lambda: time.monotonic() - since > soon)
        told = list(checks(settings))

    (held,) = [each for each in told if each.check == "locks"]
    assert not held.ok
    assert "somebody" in held.detail
    assert table in held.detail
    assert f"pg_terminate_backend({pid})" in held.solution
    assert "schedulers" in {each.check for each in told}


@pytest.mark.slow
@pytest.mark.usefixtures("soon")
def test_a_row_that_others_wait_for_is_named(
    settings: Settings, wait_until: Callable[..., Any]
) -> None:
    """With how many wait, also behind each other."""
    submit_task(settings, "weave")
    statement = "update executions set priority = priority"

    def wait_for_it() -> None:
        with psycopg.connect(settings.database_url) as waiter:
            waiter.execute(statement)

    waiters = [Thread(target=wait_for_it) for _ in range(2)]
    with psycopg.connect(settings.database_url) as holder:
        holder.execute(statement)
        pid = holder.info.backend_pid
        for each in waiters:
            each.start()
        held = wait_until(
            lambda: [
                each
                for each in findings(settings, "locks")
                if "2 sessions wait for it" in each.detail
            ],
            20.0,
        )
        holder.rollback()
    for each in waiters:
        each.join()

    assert not held[0].ok
    assert f"pg_terminate_backend({pid})" in held[0].solution


@pytest.mark.parametrize("role", list(Role))
def test_a_process_that_says_it_is_not_ready_is_named(settings: Settings, role: Role) -> None:
    """Whatever it is: with what it lacks, and what to do about that."""
    with said(settings, role, failing):
        told = findings(settings, f"{role}s")

    wrong = [each for each in told if "No pass for 47 s." in each.detail]
    assert [each.severity for each in wrong] == [Severity.ERROR]
    assert wrong[0].solution == SchedulerSilent.solution


def test_a_scheduler_that_only_fails_is_not_at_work(settings: Settings) -> None:
    """Its process runs, and no pass of it ends: it announces nothing."""
    with postgres.connect(settings.database_url, autocommit=True) as session:
        session.execute("alter table node_executions rename to gone")
        scheduler = Scheduler(Connections.to(settings))
        stop = Event()
        thread = Thread(target=scheduler.run_until, args=(stop,))
        thread.start()
        try:
            assert found(settings)["schedulers"][0] is False
        finally:
            session.execute("alter table gone rename to node_executions")
            stop.set()
            thread.join()


def test_a_scheduler_that_was_killed_is_not_at_work(settings: Settings) -> None:
    """Its last report stands for a while, and grows old."""
    with (
        said(settings, Role.SCHEDULER, lambda: None),
        redis.connect(settings.redis_url) as client,
    ):
        assert found(settings)["schedulers"][0] is True
        for key in client.keys("treadle:process:*"):
            client.expire(key, 5)
        told = findings(settings, "schedulers")

    assert [each.severity for each in told] == [Severity.ERROR, Severity.WARNING]


def test_a_scheduler_that_was_killed_before_it_was_ready_is_not_at_work(
    settings: Settings,
) -> None:
    """What it lacked is told of no more, and that none is at work is."""
    with (
        said(settings, Role.SCHEDULER, failing),
        redis.connect(settings.redis_url) as client,
    ):
        for key in client.keys("treadle:process:*"):
            client.expire(key, 5)
        told = findings(settings, "schedulers")

    assert [each.severity for each in told] == [Severity.ERROR, Severity.WARNING]
    assert told[0].detail == "none is at work"


def test_a_clock_that_is_off_is_named(settings: Settings) -> None:
    """By its host, and by how much."""
    with said(settings, Role.GATEWAY, lambda: None, clock=lambda: time.time() + 90):
        (told,) = findings(settings, "clocks")

    assert told.severity is Severity.ERROR
    assert "is 90 s before PostgreSQL" in told.detail


def test_clocks_that_agree_are_listed_each_once(settings: Settings) -> None:
    """A process of this host adds no name, one of another host does; the list is a sentence."""
    with said(settings, Role.GATEWAY, lambda: None), redis.connect(settings.redis_url) as client:
        (alike,) = findings(settings, "clocks")
        (key,) = client.keys("treadle:process:*")
        report = json.loads(client.get(key))
        for number in range(5):
            text = json.dumps({**report, "place": f"node-{number}/1"})
            client.set(f"treadle:process:{number}", text, px=client.pttl(key))
        (many,) = findings(settings, "clocks")

    assert alike.detail == "PostgreSQL, this host and Redis agree"
    assert re.sub(r"node-\d", "node", many.detail) == (
        "PostgreSQL, this host, Redis, node, node, node and 2 more agree"
    )


def test_reports_are_read_whatever_stands_in_redis(settings: Settings) -> None:
    """What is no report is left out, of whatever type it is."""
    with (
        said(settings, Role.GATEWAY, lambda: None),
        redis.connect(settings.redis_url) as client,
    ):
        client.rpush("treadle:process:1", "x")
        for number, text in enumerate(("", "x", "{}", "[1]", "\xff" * 99_999), 2):
            client.set(f"treadle:process:{number}", text)

        assert [each.role for each in reports(client)] == [Role.GATEWAY]
    assert found(settings)["gateways"][0] is True


def test_a_process_that_ends_takes_its_report_away(
    settings: Settings, wait_until: Callable[..., Any]
) -> None:
    """Whoever stops in order is not missed."""
    with redis.connect(settings.redis_url) as client:
        with reporting(client, Role.WORKER, Readiness({}), Vital()):
            wait_until(lambda: reports(client))
        assert reports(client) == []


def test_a_suspect_is_named(settings: Settings) -> None:
    """With its execution."""
    submit_task(settings, "weave")
    with postgres.connect(settings.database_url, autocommit=True) as session:
        session.execute("update node_executions set lost_count = 2 where node = 'call'")

    (told,) = findings(settings, "suspects")

    assert told.severity is Severity.WARNING
    assert "call of " in told.detail


def test_a_database_that_takes_no_writes_is_told(settings: Settings) -> None:
    """It answers, and nothing can be done with it."""
    name = psycopg.conninfo.conninfo_to_dict(settings.database_url)["dbname"]
    with postgres.connect(settings.database_url, autocommit=True) as session:
        session.execute(f"alter database {name} set default_transaction_read_only = on")

    (told,) = findings(settings, "database")

    assert not told.ok
    assert "no writes" in told.detail


def test_the_ledger_is_looked_at_where_redis_is_away(settings: Settings, tmp_path: Path) -> None:
    """And the other way round: each finding says what to start."""
    nowhere = {"configured_redis_url": f"unix://{tmp_path}/redis.sock"}
    told = found(settings.model_copy(update=nowhere))

    assert told["redis"][0] is False
    assert told["migrations"][0] is told["locks"][0] is told["clocks"][0] is True

    nowhere = {"configured_database_url": f"postgresql://u@/d?host={tmp_path}"}
    with said(settings, Role.GATEWAY, lambda: None):
        told = found(settings.model_copy(update=nowhere))

    assert told["database"][0] is False
    assert told["redis"][0] is told["gateways"][0] is True
    assert "workers" not in told


def test_what_a_gateway_does_without_is_told_from_afar(settings: Settings, tmp_path: Path) -> None:
    """It is ready all the same."""
    nowhere = {"configured_redis_url": f"unix://{tmp_path}/redis.sock"}
    with serving(settings.model_copy(update=nowhere)) as served:
        far = {"server": served.url, "api_key": SecretStr(served.key())}
        told = list(checks(settings.model_copy(update=far)))

    assert [(each.check, each.severity) for each in told] == [
        ("gateway", Severity.WARNING),
        ("key", Severity.OK),
    ]
    assert "redis" in told[0].detail
