"""`TREADLE_SERVER` at something that is no gateway: what answered there, and what to set."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command_line import Folder
from tests.support.loopback_server import Answer, serving
from tests.support.workflows import chain, node
from treadle.monitoring.exposition import Exposition
from treadle.monitoring.health import Readiness
from treadle.monitoring.server import Address, MonitoringServer

NOBODY = "01900000-0000-7000-8000-000000000000"
COMMANDS = (
    ["executions"],
    ["submit", "w.json"],
    ["show", NOBODY],
    ["watch", NOBODY],
    ["inbox"],
    ["answer", NOBODY, "--decision", "confirmed"],
    ["cancel", NOBODY],
    ["plan", "Do it."],
)
PATHS = (
    "/v1/executions",
    f"/v1/executions/{NOBODY}",
    f"/v1/executions/{NOBODY}/cancel",
    "/v1/interactions",
    f"/v1/interactions/{NOBODY}",
    "/v1/plans",
    "/health/ready",
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a folder with a workflow in it."""
    made = Folder(tmp_path)
    made.write("w.json", chain(node("n")))
    return made


@pytest.fixture
def health_port() -> Iterator[int]:
    """Serve as a worker, planner or scheduler does; return the port."""
    server = MonitoringServer(Address("127.0.0.1", 0))
    server.start(Exposition(), Readiness({}))
    try:
        yield server.port
    finally:
        server.close()


def refused(folder: Folder, *arguments: str) -> dict[str, str]:
    """Run a command that finds no gateway; return the error's message and solution."""
    done = folder.run(*arguments, "--json")
    assert done.code == 3, done
    error = json.loads(done.err)
    assert error["error_code"] == "gateway_not_found", error
    return {"message": error["error_message"], "solution": error["error_details"]["solution"]}


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each[0])
def test_a_health_port_is_named_as_such(
    folder: Folder, health_port: int, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Whatever the method it is asked by."""
    monkeypatch.setenv("TREADLE_SERVER", f"http://127.0.0.1:{health_port}")

    error = refused(folder, *command)

    assert "health port of a worker, planner or scheduler" in error["message"]
    assert "TREADLE_SERVER" in error["solution"]


def test_the_doctor_takes_no_health_port_for_a_gateway(
    folder: Folder, health_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it answers that it is ready."""
    monkeypatch.setenv("TREADLE_SERVER", f"http://127.0.0.1:{health_port}")

    done = folder.run("doctor", "--json")

    (check,) = done.document["checks"]
    assert (done.code, check["ok"]) == (1, False)
    assert "health port" in check["detail"]
    assert "TREADLE_SERVER" in check["solution"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            Answer(200, {"Content-Type": "text/html", "Server": "nginx"}, b"<html>"),
            "200, text/html",
        ),
        (Answer(200, {"Content-Type": "text/plain"}, b""), "200, text/plain"),
        (Answer(302, {"Location": "http://example.org/login"}), "http://example.org/login"),
        (Answer(404, {"Content-Type": "text/html"}, b"<html>"), "404, text/html"),
        (Answer(404, {"Content-Type": "application/json"}, b'{"detail":"Not Found"}'), "404"),
        (Answer(200, {"Content-Encoding": "gzip"}, b"no gzip"), "does not speak HTTP"),
    ],
)
def test_another_server_is_described(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, answer: Answer, words: str
) -> None:
    """By its status, its type and its name, as far as it says them; no command ends in a crash."""
    with serving() as server:
        for path in PATHS:
            server.on(path, answer)
        monkeypatch.setenv("TREADLE_SERVER", server.url("").rstrip("/"))
        for command in COMMANDS:
            error = refused(folder, *command)
            assert words in error["message"]
            assert f"127.0.0.1:{server.port}" in error["message"]
        assert folder.run("doctor").code == 1


@pytest.mark.parametrize("body", [b"{}", b"[]", b'"ok"', b"null"])
def test_json_of_another_server_is_no_crash(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """It is told which member is missing, and to look at the address."""
    with serving() as server:
        for path in PATHS:
            server.on(path, Answer(200, {"Content-Type": "application/json"}, body))
        monkeypatch.setenv("TREADLE_SERVER", server.url("").rstrip("/"))
        for command in COMMANDS:
            done = folder.run(*command, "--json")
            assert (done.code, done.refusal) == (3, "gateway_differs")
            assert "TREADLE_SERVER" in done.err
        assert folder.run("doctor").code == 1


def test_what_speaks_no_http_is_told(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as a server of another protocol, which answers with an error of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def answer() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(4_096)
                client.sendall(b"-ERR unknown command\r\n\r\n")

        threading.Thread(target=answer, daemon=True).start()
        monkeypatch.setenv("TREADLE_SERVER", f"http://127.0.0.1:{listening.getsockname()[1]}")
        assert "does not speak HTTP" in refused(folder, "executions")["message"]


def test_an_address_that_nobody_serves_is_named(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a wrong port is seen."""
    monkeypatch.setenv("TREADLE_SERVER", "http://127.0.0.1:9")

    done = folder.run("executions")

    assert done.code == 3
    assert "http://127.0.0.1:9" in done.err
