"""What both embedded servers share: start until it answers, stop in bounded time, restart."""

from __future__ import annotations

import os
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Self

from treadle.core.embedded.folder import open_private
from treadle.core.errors import TreadleError
from treadle.core.processes.guarded import Command, GuardedProcess

#: Seconds for a started server to answer; recovery after a crash replays its log.
START_SECONDS = 60.0
_PAUSE_SECONDS = 0.02
#: Size up to which a server continues its log; a larger log is renamed at a start.
_LOG_BYTES = 4 * 1024 * 1024
_QUOTED_LINES = 12


class ServerFailed(TreadleError):
    """An embedded server did not start."""

    reason: ClassVar[str] = "embedded_server_failed"
    solution: ClassVar[str] = "Read the end of its log below; the log's path is in the context."


@contextmanager
def telling_of_files(message: str, folder: Path) -> Iterator[None]:
    """Make an error of the file system while inside, such as a full disk, one of the start.

    Raises:
        ServerFailed
    """
    try:
        yield
    except OSError as error:
        path, cause = str(error.filename or folder), error.strerror or str(error)
        raise ServerFailed(
            f"{message} {path}: {cause}.",
            solution=f"Free space on the disk of {folder}, and let this user write there.",
            folder=str(folder),
            path=path,
        ) from error


class EmbeddedServer(ABC):
    """One server as a guarded child, which ends with this process in any case."""

    name: ClassVar[str]
    """The server's name in messages and in the name of its log."""
    stop_steps: ClassVar[tuple[tuple[signal.Signals, float], ...]]
    """Signals that stop it, each with the seconds to wait; then it is killed."""

    def __init__(self, log: Path, keep_open: Sequence[int]) -> None:
        self.log = log
        self._keep_open = keep_open
        self._process: GuardedProcess | None = None

    @abstractmethod
    def _command(self) -> Command:
        """Prepare the files and return what to run."""

    @abstractmethod
    def _answers(self) -> bool:
        """Return whether the started server answers."""

    @property
    def pid(self) -> int:
        """Process id of the server, or -1 when none is started."""
        return self._process.pid if self._process else -1

    def is_running(self) -> bool:
        """Return whether the server's process is alive."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and return when it answers.

        Raises:
            ServerFailed: its files cannot be made, it ended, or did not answer within
                `START_SECONDS`.
        """
        with telling_of_files(f"The embedded {self.name} did not start.", self.log.parent):
            self._launch()

    def _launch(self) -> None:
        command = self._command()
        _set_aside(self.log)
        with open_private(self.log, os.O_WRONLY | os.O_APPEND) as output:
            self._process = GuardedProcess(command, output)
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if not self.is_running() or time.monotonic() > deadline:
                self.stop()
                raise self._failure(f"The embedded {self.name} did not start.")
            time.sleep(_PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop and wait for the end, in bounded time; nothing happens if it is not started."""
        if self._process is not None:
            self._process.stop(*self.stop_steps)
            self._process = None

    def restart(self, *, immediate: bool) -> None:
        """Stop and start at the same address; `immediate` stops without finishing, like a crash."""
        if immediate and self._process is not None:
            self._process.stop((signal.SIGQUIT, 5.0))
            self._process = None
        self.stop()
        self.start()

    def _failure(self, message: str) -> ServerFailed:
        lines = self.log.read_text(errors="replace").splitlines()[-_QUOTED_LINES:]
        return ServerFailed(
            "\n".join((message, *lines)), server=self.name, log=str(self.log), end_of_log=lines
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _set_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        open_private(log, os.O_WRONLY | os.O_APPEND).close()
        log.replace(log.with_suffix(".log.old"))
