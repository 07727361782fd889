"""A node of Treadle's own types that kills whatever process runs it: rule 8 for all but tasks."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.fault.cell import Cell
from tests.fault.fault_workflows import FIRST, stepped
from tests.fault.invariants import charges, check_invariants
from tests.support.workflows import chain, node
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.engine.recovery import LOST_LIMIT


def test_a_call_that_kills_its_process_fails_and_others_go_on(cell: Cell, tmp_path: Path) -> None:
    """Rule 8 for a type that is no task: two workers die of it, then two children, and it fails.

    Taken out, it kills worker after worker for ever, with all that runs beside it.
    """
    with deadly() as (url, struck):
        call = node("call", "ACTION.HTTP_REQUEST", configurations={"method": "GET", "url": url})
        fatal = cell.submit(chain(call), FIRST)
        steps = [stepped(f"step_{n}", tmp_path / "effects") for n in range(60)]
        innocent = cell.submit(chain(*steps), FIRST)

        def ended() -> bool:
            cell.revive()
            return cell.is_final(fatal) and cell.is_final(innocent)

        workers = {each.pid for each in cell.workers}
        cell.wait(ended)

    assert (cell.status(fatal), cell.status(innocent)) == ("ERROR", "SUCCESS")
    (error,) = cell.rows("select convert_from(error, 'utf8') from executions where id = %s", fatal)
    assert '"worker_lost"' in error[0]
    assert charges(cell, fatal) == {("", "call"): (LOST_LIMIT - 1, 0)}
    assert len(struck) == LOST_LIMIT
    assert set(struck[:1]) <= workers
    assert not set(struck[SUSPECT_AFTER:]) & {each.pid for each in cell.workers}
    assert set(charges(cell, innocent).values()) <= {(1, 0), (2, 0)}
    for execution in (fatal, innocent):
        check_invariants(cell, execution)


@contextmanager
def deadly() -> Iterator[tuple[str, list[int]]]:
    """Serve a URL whose caller is killed, as a machine out of memory kills; tell who was."""
    struck: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            pid = owner_of(self.client_address[1])
            struck.append(pid)
            os.kill(pid, signal.SIGKILL)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", struck
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def owner_of(port: int) -> int:
    """Return the process that holds the local end of a TCP connection on loopback."""
    mine = f"0100007F:{port:04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
    (inode,) = [line[9] for line in lines if line[1] == mine]
    for link in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(link) == f"socket:[{inode}]":
                return int(link.parts[2])
        except OSError:
            continue  # the process or the file has gone
    raise LookupError(port)
