"""The gateway killed while it takes submissions: nothing is lost, and nothing runs twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from tests.fault.cell import Cell, Service
from tests.support.ports import port_base
from tests.support.workflows import Document, chain, node
from treadle.core.ids import new_id
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

SUBMISSIONS = 500
#: Clients at one time.
CLIENTS = 8
KILLS = 4


@pytest.fixture
def port() -> int:
    """Return a port that nobody else takes meanwhile."""
    return int(port_base()[1])


class Killed:
    """A gateway that is killed over and over, and started again each time."""

    def __init__(self, cell: Cell, port: int) -> None:
        self._cell = cell
        self._port = port
        self.present: Service = cell.start_gateway(port)
        self.url = f"http://127.0.0.1:{port}"

    def kill(self) -> None:
        """End it as a crash does, and start the next one."""
        self.present.kill()
        self._cell.gateways.remove(self.present)
        self.present = self._cell.start_gateway(self._port)


def submit_until_acknowledged(http: httpx.Client, body: Document, key: str) -> str:
    """Send a submission again and again under its key until it is answered."""
    while True:
        try:
            answer = http.post(
                "/v1/executions", json=body, headers={"Idempotency-Key": key}, timeout=10
            )
        except httpx.TransportError:
            continue  # the gateway is gone; the next one answers
        if answer.status_code == 202:
            return str(answer.json()["id"])
        assert answer.status_code == 503, answer.text


@pytest.mark.timeout(300)
def test_a_killed_gateway_loses_no_submission_and_runs_none_twice(cell: Cell, port: int) -> None:
    """500 submissions under keys, the gateway killed between them: 500 executions, each run once.

    Every client repeats what it got no answer to, and each tenth submission comes again when all
    are acknowledged: it is answered with the same execution.
    """
    gateway = Killed(cell, port)
    owner = f"ada-{new_id()}"
    key = cell.ask(lambda session: keys.create(session, owner, list(Scope)).text)
    document = chain(node("n"))
    document["metadata"]["id"] = f"w-{new_id()}"
    names = [str(new_id()) for _ in range(SUBMISSIONS)]
    acknowledged: dict[str, str] = {}
    headers = {"Authorization": f"Bearer {key}"}

    def submit(numbered: tuple[int, str]) -> None:
        number, name = numbered
        body = {"workflow": document, "input": {"n": number}}
        acknowledged[name] = submit_until_acknowledged(http, body, name)

    def have_come(count: int) -> bool:
        return len(acknowledged) > count

    with (
        httpx.Client(base_url=gateway.url, headers=headers) as http,
        ThreadPoolExecutor(CLIENTS) as pool,
    ):
        work = pool.map(submit, enumerate(names))
        for kill in range(1, KILLS + 1):
            cell.wait(partial(have_come, kill * SUBMISSIONS // (KILLS + 1)))
            gateway.kill()
        assert len(list(work)) == SUBMISSIONS
        repeated = {
            name: submit_until_acknowledged(
                http, {"workflow": document, "input": {"n": number}}, name
            )
            for number, name in list(enumerate(names))[::10]
        }
    gateway.present.kill()

    assert len(set(acknowledged.values())) == SUBMISSIONS
    assert all(acknowledged[name] == found for name, found in repeated.items())
    rows = cell.rows("select id::text from executions where owner = %s", owner)
    assert {row[0] for row in rows} == set(acknowledged.values())
    unfinished = "select count(*) from executions where owner = %s and status <> 'SUCCESS'"
    cell.wait(lambda: cell.rows(unfinished, owner) == [(0,)])
    ran = cell.rows(
        "select count(*), max(n.attempt) from node_executions n"
        " join executions e on e.id = n.execution_id where e.owner = %s and n.node = 'n'",
        owner,
    )
    assert ran == [(SUBMISSIONS, 1)]
