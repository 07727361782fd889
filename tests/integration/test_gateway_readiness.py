"""Whether a gateway is ready: as long as it can answer, until it was asked to stop."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tests.support.gateway_server import Client, Clients, Served, serving
from tests.support.workflows import chain, node
from treadle.core import postgres
from treadle.core.embedded import EmbeddedServers
from treadle.core.ids import new_id
from treadle.core.settings import Settings
from treadle.ledger.migrations import migrate

NOWHERE = "redis://127.0.0.1:1/0"


@contextmanager
def taking_no_sessions(url: str) -> Iterator[None]:
    """Let a database refuse every new session while inside; open ones go on."""
    name = str(conninfo_to_dict(url)["dbname"])
    allow = sql.SQL("alter database {} allow_connections {}")
    beside = make_conninfo(url, dbname="postgres")
    with psycopg.connect(beside, autocommit=True) as session:
        session.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
        try:
            yield
        finally:
            session.execute(allow.format(sql.Identifier(name), sql.Literal(True)))


def test_a_gateway_without_redis_is_ready_and_says_what_it_lacks(settings: Settings) -> None:
    """It takes submissions; the dispatcher sends their nodes."""
    lacking = settings.model_copy(update={"configured_redis_url": NOWHERE})
    with serving(lacking) as served, Clients(served) as clients:
        ada = clients.of(f"ada-{new_id()}")
        ready = ada.get("/health/ready")

        assert ada.submit(chain(node("a")))
        assert ready["needed"] == ["database", "threads"]
        assert ready["dependencies"]["database"] == "ok"
        assert ready["dependencies"]["redis"]["error_code"] == "redis_unreachable"


def test_a_gateway_whose_database_takes_no_further_session_is_ready(
    ada: Client, settings: Settings
) -> None:
    """What it has open is enough to answer."""
    ada.submit(chain(node("a")))
    with taking_no_sessions(settings.database_url):
        assert ada.get("/health/ready")["status"] == "ready"
        assert ada.submit(chain(node("a")))


@pytest.mark.slow
def test_a_gateway_whose_database_is_stopped_says_so(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not busy, and another gateway would not help."""
    monkeypatch.setattr(postgres, "CHECKOUT_TIMEOUT_SECONDS", 1.0)
    with EmbeddedServers(tmp_path / "servers") as servers:
        migrate(servers.database_url)
        settings = Settings(
            configured_database_url=servers.database_url, configured_redis_url=redis_url
        )
        with serving(settings) as served, Clients(served) as clients:
            ada = clients.of("ada")
            ada.submit(chain(node("a")))
            servers.postgres.stop()
            asked = {"workflow": chain(node("a")), "input": {}}

            assert ada.refusal("POST", "/v1/executions", json=asked) == (503, "ledger_unavailable")
            assert ada.refusal("GET", "/v1/executions") == (503, "ledger_unavailable")


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_gateway_that_was_asked_to_stop_is_not_ready_and_still_answers(
    settings: Settings, second: signal.Signals
) -> None:
    """Until its time as a lame duck is over, or it is asked again; connections are not kept."""
    lame = settings.model_copy(update={"gateway_lame_duck_seconds": 300.0})
    served = Served(lame)
    with Clients(served) as clients:
        ada = clients.of(f"ada-{new_id()}")
        ada.get("/health/ready")
        served.server.handle_exit(signal.SIGTERM, None)
        while (answer := ada.http.get("/health/ready")).status_code == 200:
            pass
        error = answer.json()["error_details"]
        listed = ada.http.get("/v1/executions")

        assert error["reason"] == "not_ready"
        assert error["dependencies"]["process"]["error_code"] == "process_stopping"
        assert listed.status_code == 200
        assert listed.headers["connection"] == "close"
        assert ada.submit(chain(node("a")))
        served.server.handle_exit(second, None)
        served.stop()


def test_a_gateway_without_a_time_as_lame_duck_stops_at_once(settings: Settings) -> None:
    """As `treadle up` has it."""
    served = Served(settings.model_copy(update={"gateway_lame_duck_seconds": 0.0}))
    with Clients(served) as clients:
        clients.of(f"ada-{new_id()}").get("/health/ready")
        served.server.handle_exit(signal.SIGTERM, None)
        served.stop()
