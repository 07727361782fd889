"""The command line as a user has it: a folder, commands in it, and a cluster that runs there."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from treadle.cli import main
from treadle.core.processes import Command, GuardedProcess
from treadle.core.settings import child_environment

#: What the user has installed.
TREADLE = Path(sys.executable).with_name("treadle")
#: Seconds for a cluster to be up: a fresh database is made first.
UP_SECONDS = 60.0
#: Seconds for all of a cluster to stop.
DOWN_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return standard output, which must be one JSON document."""
        return json.loads(self.out)

    @property
    def refusal(self) -> Any:
        """Return the error's reason, which must stand on standard error as JSON."""
        return json.loads(self.err)["error_details"]["reason"]


class Folder:
    """Where a user works."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, name: str, document: Any) -> str:
        """Write a file and return its name."""
        text = document if isinstance(document, str) else json.dumps(document)
        (self.path / name).write_text(text, "utf-8")
        return name

    def run(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Run a command in this process, with these environment variables.

        It is the function behind `treadle`, without the time that a start takes. Streams encode, as
        those of a process do. Services, which set up logs and signals, are run by `process`.
        """
        out, err, given = _stream(), _stream(), _stream(stdin.encode())
        with (
            _working_in(self.path),
            patch.dict(os.environ, variables),
            patch.object(sys, "argv", ["treadle", *arguments]),
            patch.object(sys, "stdin", given),
            patch.object(sys, "stdout", out),
            patch.object(sys, "stderr", err),
        ):
            try:
                main()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, _written(out), _written(err))

    def process(self, *arguments: str, stdin: str = "", **variables: str) -> Done:
        """Run a command as a process of its own, with these environment variables."""
        done = subprocess.run(
            [TREADLE, *arguments],
            cwd=self.path,
            env=child_environment(**variables),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str, **variables: str) -> Running:
        """Start a command that goes on, with these environment variables."""
        return Running(self.path, arguments, **variables)


class Running:
    """A command that goes on, and ends at the latest with the tests."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], **variables: str) -> None:
        self.log = folder / f"{arguments[0]}-{os.urandom(4).hex()}.log"
        with self.log.open("wb") as output:
            command = Command(
                [str(TREADLE), *arguments],
                child_environment(**variables),
                folder,
                patience_seconds=DOWN_SECONDS,
            )
            self._process = GuardedProcess(command, output)
        self.pid = self._process.pid

    @property
    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text("utf-8")

    def is_up(self) -> bool:
        """Return whether it has said that it is; raises if it has ended."""
        assert self._process.poll() is None, self.said
        return "Treadle is up" in self.said

    def end(self, number: signal.Signals = signal.SIGTERM) -> int | None:
        """Send a signal and return the exit status, or `None` if it does not end in time."""
        self._process.send(number)
        return self._process.wait(DOWN_SECONDS)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send(number)

    def close(self) -> None:
        """Kill it if it still runs."""
        self._process.stop()


def _stream(given: bytes = b"") -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(given), "utf-8")


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    assert isinstance(stream.buffer, io.BytesIO)
    return stream.buffer.getvalue().decode()


@contextmanager
def _working_in(path: Path) -> Any:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
