"""Reading what attempts need: once, and through outages."""

from __future__ import annotations

from pathlib import Path
from threading import Thread
from uuid import uuid4

from core.embedded import EmbeddedServers
from core.postgres import open_pool
from dag.states import NodeState
from ledger.migrations import migrate
from ledger.reading import Settled
from ledger.rows import Ref
from workers.records import Records


def test_an_outage_of_the_database_is_waited_out(tmp_path: Path) -> None:
    """A read that finds the database gone comes back with its answer once it is there again."""
    with EmbeddedServers(tmp_path / "servers") as servers:
        migrate(servers.database_url)
        with open_pool(servers.database_url, max_size=1, autocommit=True) as pool:
            records = Records(pool)
            ref = Ref(uuid4(), "", "a")
            assert records.settled([ref]) == {}
            servers.postgres.stop()
            answers: list[dict[Ref, Settled]] = []
            reader = Thread(target=lambda: answers.append(records.settled([ref])))
            reader.start()
            reader.join(1.0)
            assert answers == []
            servers.postgres.start()
            reader.join(60.0)
            assert answers == [{}]


def test_what_was_kept_is_not_read_again(postgres_url: str) -> None:
    """A settled output that this process wrote needs no database."""
    pool = open_pool(postgres_url, max_size=1, autocommit=True)
    records = Records(pool)
    pool.close()
    ref, settled = Ref(uuid4(), "", "a"), Settled(NodeState.COMPLETED, "result", {"v": 1}, 7)
    records.keep(ref, settled)
    assert records.settled([ref]) == {ref: settled}
