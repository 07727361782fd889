"""Dead or slow: only a process that stands still is taken off the list (rule 10)."""

from __future__ import annotations

from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.ledger.views import processes


def test_a_process_that_beats_again_keeps_its_row(fresh_postgres_url: str) -> None:
    """What was seen to stand still and has moved since is not forgotten."""
    with connect(fresh_postgres_url, autocommit=True) as session:
        worker = new_id()
        processes.register(session, worker, host="here", pid=1, queues=["core"])
        seen = processes.workers(session)[0].beat
        processes.beat(session, worker, draining=False)
        processes.unregister_dead(session, worker, beat=seen)
        assert [row.id for row in processes.workers(session)] == [worker]


def test_a_process_that_stands_still_is_taken_off_the_list(fresh_postgres_url: str) -> None:
    """Its beat is the one that was seen."""
    with connect(fresh_postgres_url, autocommit=True) as session:
        worker = new_id()
        processes.register(session, worker, host="here", pid=1, queues=["core"])
        processes.unregister_dead(session, worker, beat=processes.workers(session)[0].beat)
        assert processes.workers(session) == []
