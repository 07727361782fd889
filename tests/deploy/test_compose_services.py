"""Every command and health check of ours in compose.yaml, run as written but for the ports."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.test_compose import OURS, SERVICES, interpolated
from tests.support.command_line import TREADLE
from tests.support.ports import port_base
from treadle.core.embedded.binaries import postgres_program, valkey_program
from treadle.core.postgres import connect
from treadle.core.processes import Command, GuardedProcess
from treadle.core.settings import child_environment

pytestmark = pytest.mark.slow

SERVING = [name for name in OURS if "healthcheck" in OURS[name]]


@pytest.fixture
def ports() -> dict[str, str]:
    """Return free ports for those that compose.yaml names."""
    base = int(port_base()[1])
    return {"8000": f"{base}", "8001": f"{base + 1}", "8002": f"{base + 2}", "8003": f"{base + 3}"}


def written(words: list[str], ports: dict[str, str]) -> list[str]:
    """Return a command with this machine's programs and ports in it."""
    programs = {"treadle": str(TREADLE), "python": sys.executable}
    return [programs.get(word, ports.get(word, word)) for word in words]


#: A module of tasks, as it lies in the folder of the workers.
TASK = """
from treadle import task

@task
def shout(text: str) -> str:
    return text.upper()
"""


def environment(name: str, **servers: str) -> dict[str, str]:
    """Return what compose gives a service, with the fewest values given and a module of tasks."""
    given = {"POSTGRES_PASSWORD": "x", "TREADLE_TASKS": "mine"}
    written = OURS[name]["environment"].items()
    ours = {each: interpolated(str(value), given) for each, value in written}
    return child_environment(**{**ours, **servers})


@pytest.mark.parametrize("name", SERVING)
def test_a_service_of_ours_starts_and_its_health_check_says_so(
    name: str,
    ports: dict[str, str],
    fresh_postgres_url: str,
    redis_url: str,
    tmp_path: Path,
    wait_until: Callable[..., Any],
) -> None:
    """Before it is up the check fails; once it is, it passes; and SIGTERM ends it with 0."""
    check = written(SERVICES[name]["healthcheck"]["test"][1:], ports)
    command = Command(
        written(OURS[name]["command"], ports),
        environment(
            name,
            TREADLE_DATABASE_URL=fresh_postgres_url,
            TREADLE_REDIS_URL=redis_url,
            TREADLE_GATEWAY_LAME_DUCK_SECONDS="0",
        ),
        tmp_path,
        patience_seconds=30,
    )
    (tmp_path / "mine.py").write_text(TASK)

    def is_healthy() -> bool:
        return subprocess.run(check, capture_output=True, check=False, timeout=10).returncode == 0

    assert not is_healthy()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = GuardedProcess(command, output)
        wait_until(is_healthy, timeout=60)
        if name == "worker":
            with connect(fresh_postgres_url) as session:
                (queues,) = session.execute("select queues from workers").fetchall()[0]
            assert any("shout" in each for each in queues)
        assert process.stop((signal.SIGTERM, 30)) == 0, log.read_text()


def test_the_ledger_is_migrated_by_its_own_service(fresh_postgres_url: str) -> None:
    """It ends with 0, also where there is nothing to do, so what waits for it begins."""
    done = subprocess.run(
        written(OURS["migrate"]["command"], {}),
        env=child_environment(TREADLE_DATABASE_URL=fresh_postgres_url),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


def test_postgres_is_asked_as_its_health_check_says(fresh_postgres_url: str) -> None:
    """By the program of that name, told by the environment where this machine's server is."""
    _, program, *arguments = SERVICES["postgres"]["healthcheck"]["test"]
    folder = fresh_postgres_url.partition("host=")[2].partition("&")[0].replace("%2F", "/")

    done = subprocess.run(
        [postgres_program(program), *arguments],
        env=child_environment(PGHOST=folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_valkey_starts_with_its_command(
    ports: dict[str, str], tmp_path: Path, wait_until: Callable[..., Any]
) -> None:
    """And keeps nothing on disk."""
    _, *arguments = SERVICES["valkey"]["command"]
    command = Command(
        [str(valkey_program()), *arguments, "--port", ports["8000"]],
        child_environment(),
        tmp_path,
        patience_seconds=10,
    )
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = GuardedProcess(command, output)
        wait_until(lambda: "Ready to accept connections" in log.read_text())
        process.stop((signal.SIGTERM, 10))

    assert [each.name for each in tmp_path.iterdir()] == ["log"]
