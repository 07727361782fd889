"""The doctor's checks on a cluster of which only the servers run."""

from __future__ import annotations

import pytest

from tests.support.workflows import chain, node, valid
from treadle.cli.checkup import checks
from treadle.core import postgres, redis
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.ledger.engine.submission import Submission, submit
from treadle.ledger.views import processes
from treadle.transport import scheduler_heartbeat
from treadle.transport.connections import Connections


@pytest.fixture
def settings(fresh_settings: Settings) -> Settings:
    """Return settings of a database that only this test uses, with quick beats."""
    return fresh_settings.model_copy(update={"heartbeat_seconds": 0.2})


def found(settings: Settings) -> dict[str, tuple[bool, str]]:
    return {each.check: (each.ok, each.detail) for each in checks(settings)}


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
    assert failed == {"workers", "scheduler"}
    assert all(each.solution for each in told if not each.ok)
    assert not any(each.solution for each in told if each.ok)


def test_a_queue_that_nobody_serves_is_named(settings: Settings) -> None:
    """With how much waits in it; a worker with the task makes it well."""
    submit_task(settings, "weave")
    assert found(settings)["queues"] == (False, "no worker takes task.weave (1 ready)")

    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, new_id(), host="h", pid=1, queues=["core", "task.weave"])

    assert found(settings)["queues"][0] is True


def test_a_worker_whose_beat_stands_still_is_silent(settings: Settings) -> None:
    """Its row is there, and that is not enough."""
    with postgres.connect(settings.database_url, autocommit=True) as session:
        processes.register(session, new_id(), host="h", pid=1, queues=["core"])

    assert found(settings)["workers"] == (False, "0 alive, 1 silent")


def test_a_scheduler_is_named(settings: Settings) -> None:
    """By its host and process."""
    with redis.connect(settings.redis_url) as client:
        scheduler_heartbeat.announce(client)

    assert found(settings)["scheduler"][0] is True


def test_a_database_without_the_schema_is_told(bare_postgres_url: str, redis_url: str) -> None:
    """And nothing else is asked of it."""
    addresses = {"configured_database_url": bare_postgres_url, "configured_redis_url": redis_url}

    told = found(Settings.model_validate(addresses))

    assert told["migrations"][0] is False
    assert "0001" in told["migrations"][1]
    assert "workers" not in told
