"""A child process under a guardian: it never outlives the process that started it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_GUARDIAN = str(Path(__file__).with_name("guardian.py"))


@dataclass(frozen=True, slots=True)
class User:
    """The user that a child runs as when its parent is root."""

    user_id: int
    group_id: int
    reach: bool
    """Whether it must access folders that are closed to that user."""


@dataclass(frozen=True, slots=True)
class Command:
    """What to run, and how it ends."""

    argv: Sequence[str]
    """Program, by absolute path, and arguments."""
    environment: Mapping[str, str] | None = None
    """Its environment; None for the parent's."""
    folder: Path | None = None
    """Its working folder; None for the parent's."""
    user: User | None = None
    """The user to run as; None for the parent's user."""
    farewell: signal.Signals = signal.SIGTERM
    """Signal that asks it to end when its parent is gone."""
    patience_seconds: float = 5.0
    """Time it has then before it is killed."""
    keep_open: Sequence[int] = ()
    """File descriptors it inherits."""


class GuardedProcess:
    """A running child; its guardian dies with it, and it with its guardian."""

    def __init__(self, command: Command, output: IO[bytes] | int) -> None:
        """Start `command`; its standard output and errors go to `output`.

        Raises:
            OSError: the guardian could not be started.
        """
        control, guardian_end = socket.socketpair()
        spec = {
            "control": guardian_end.fileno(),
            "argv": list(command.argv),
            "user": command.user and (command.user.user_id, command.user.group_id),
            "reach": command.user is not None and command.user.reach,
            "farewell": int(command.farewell),
            "patience_seconds": command.patience_seconds,
        }
        with guardian_end:
            self._guardian = subprocess.Popen(  # noqa: S603 - no shell, our own interpreter
                [sys.executable, "-I", "-S", _GUARDIAN, json.dumps(spec)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=command.folder,
                env=command.environment,
                pass_fds=(guardian_end.fileno(), *command.keep_open),
                start_new_session=True,  # Ctrl-C reaches only the parent, which decides the order
            )
        self._control = control
        self.pid = self._read_pid()
        """Process id of the child itself, or -1 if its guardian could not start it."""
        self.output = self._guardian.stdout
        """What the child writes, if `output` was `subprocess.PIPE`."""

    def _read_pid(self) -> int:
        line = b""
        while not line.endswith(b"\n"):
            part = self._control.recv(32)
            if not part:
                return -1
            line += part
        return int(line)

    def fileno(self) -> int:
        """Return a descriptor that becomes readable when the child has ended, for a selector."""
        return self._control.fileno()

    def poll(self) -> int | None:
        """Return the exit status, 128 + n for signal n, or None while it runs."""
        return self._guardian.poll()

    def wait(self, timeout_seconds: float) -> int | None:
        """Wait for the end; return the exit status, or None if it still runs."""
        try:
            status = self._guardian.wait(timeout_seconds)
        except subprocess.TimeoutExpired:
            return None
        self._control.close()
        return status

    def send(self, number: signal.Signals) -> None:
        """Send the child a signal; nothing happens once it has ended."""
        try:
            self._control.sendall(bytes([number]))
        except OSError:  # the guardian has ended, or this end was closed after its end
            return

    def stop(self, *steps: tuple[signal.Signals, float]) -> int:
        """Send each signal in turn, waiting its seconds for the end; finally kill.

        Returns: the exit status.
        """
        for number, seconds in steps:
            self.send(number)
            if (status := self.wait(seconds)) is not None:
                return status
        self.send(signal.SIGKILL)
        status = self._guardian.wait()
        self._control.close()
        return status
