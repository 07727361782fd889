"""The line of an attempt that crashed: with its traceback, and without its secrets."""

from __future__ import annotations

import io
import json

import pytest
import structlog
from structlog.testing import capture_logs

from tests.support.attempts import attempt_of
from tests.support.workflows import chain, node, valid
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.ids import new_id
from treadle.core.postgres import open_pool
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings
from treadle.ledger.engine.leases import Claim, Ref
from treadle.monitoring.logs import configure, traceback_of
from treadle.workers.attempts.executor import Executor
from treadle.workers.attempts.records import Records
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.secrets import Secrets

CANARY = "canary/7f3a word"


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def crashed(said: str) -> RuntimeError:
    """Return an error that was raised."""
    try:
        raise RuntimeError(said) from KeyError(said)
    except RuntimeError as error:
        return error


@pytest.mark.parametrize("said", [CANARY, "canary%2F7f3a%20word", f"key 0p3rat0r: {CANARY}"])
def test_a_crash_shows_no_secret_of_its_node(said: str) -> None:
    """In none of the forms in which errors carry them; nor the operator's own keys."""
    plain = {"method": "GET", "url": "https://example.org/"}
    configured = {**plain, "headers": {"X-Key": "{{ secrets.API }}"}}
    validation = valid(chain(node("a", "ACTION.HTTP_REQUEST", configurations=configured)))
    assert validation.graph is not None
    claim = Claim(Ref(new_id(), "", "a"), new_id(), validation.graph)
    settings = Settings(openai_api_key="0p3rat0r-key")
    pool = open_pool("postgresql://nobody@127.0.0.1:1/none", max_size=1, autocommit=True)
    dialer = Dialer(AddressPolicy(()))
    secrets = Secrets({"API": CANARY}, SecretOffers({}))
    executor = Executor(Records(pool), dialer, secrets, settings, TaskLogs(()))
    attempt = attempt_of("ACTION.HTTP_REQUEST", plain)
    with capture_logs() as lines:
        executor.crashed(claim, attempt, crashed(said.replace("0p3rat0r", "0p3rat0r-key")))
    pool.close()

    (line,) = [each for each in lines if each["event"] == "attempt.crashed"]
    text = json.dumps(line)
    assert line["execution_id"] == str(claim.ref.execution_id)
    assert line["exception"][0]["exc_type"] == "RuntimeError"
    assert "canary" not in text
    assert "0p3rat0r" not in text
    assert "***" in text


def test_a_masked_traceback_is_lines_on_a_terminal() -> None:
    """As other tracebacks are."""
    stream = Terminal()
    configure(stream=stream)
    try:
        structlog.get_logger().error("attempt.crashed", exception=traceback_of(crashed("odd")))
    finally:
        structlog.reset_defaults()

    assert "RuntimeError: odd\n" in stream.getvalue()


@pytest.mark.parametrize("event", ["loop.restarted", "request.crashed", "thread.crashed"])
@pytest.mark.parametrize("terminal", [True, False])
def test_no_line_of_the_log_shows_what_the_process_was_given(
    event: str, terminal: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever logs the words of an error: secrets, keys and passwords are masked."""
    monkeypatch.setenv("TREADLE_SECRET_API", CANARY)
    monkeypatch.setenv("OPENAI_API_KEY", "0p3rat0r-key")
    monkeypatch.setenv("TREADLE_DATABASE_URL", "postgresql://t:pa%20ssw0rd@127.0.0.1/t")
    said = f"refused {CANARY} with 0p3rat0r-key by pa ssw0rd"
    stream = Terminal() if terminal else io.StringIO()
    configure(stream=stream)
    try:
        structlog.get_logger().error(event, exc_info=crashed(said), detail=said, error=said)
    finally:
        structlog.reset_defaults()

    shown = stream.getvalue()
    assert "RuntimeError" in shown
    assert shown.count("refused *** with *** by ***") >= 3
    assert "canary" not in shown
    assert "0p3rat0r" not in shown
    assert "ssw0rd" not in shown
