"""The data folder: who holds it, since when, and the addresses of its servers.

`lock` is held (flock) by the process that runs the servers *and by the servers themselves*, which
inherit the open file. So a free lock proves that nothing of an earlier run is alive, despite any
pid files; a held lock without a living holder means that servers are still shutting down.
`cluster.json` holds the addresses and is valid only while the lock is held and its holder lives.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, ClassVar, Self

from treadle.core.errors import TreadleError

#: Seconds to wait for the servers of a killed run to shut down.
TAKE_OVER_SECONDS = 15.0
#: Seconds for which a held lock is tried again, because `find_cluster` holds it for an instant.
PROBE_SECONDS = 0.5
_PAUSE_SECONDS = 0.02


class FolderHeld(TreadleError):
    """Another process runs servers in this data folder."""

    reason: ClassVar[str] = "data_folder_held"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = (
        "Use the cluster that runs there, or stop it first (Ctrl-C or SIGTERM)."
    )


class FolderNotOurs(TreadleError):
    """The data folder cannot be read or written by this user."""

    reason: ClassVar[str] = "data_folder_not_ours"
    solution: ClassVar[str] = (
        "Run as the user who owns the folder, or set TREADLE_DATA_DIR to another."
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a data folder."""

    pid: int
    """Process id of the process that started the servers."""
    since: str
    """When it acquired the folder, ISO 8601 in UTC."""
    command: str
    """Its command line, shortened."""

    @classmethod
    def this_process(cls) -> Self:
        """Describe the running process."""
        since = datetime.now(UTC).isoformat(timespec="seconds")
        return cls(os.getpid(), since, " ".join(sys.argv)[:200])

    def is_alive(self) -> bool:
        """Return whether the process still runs, under any user."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True


@dataclass(frozen=True, slots=True)
class Cluster:
    """The addresses of the servers of a data folder."""

    database_url: str
    redis_url: str


class FolderLock:
    """The exclusive right to run servers in a data folder; held while `descriptor` is open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.descriptor = -1

    def acquire(self) -> None:
        """Acquire the folder, creating it if necessary.

        Raises:
            FolderHeld: a live process holds it, or its servers do not shut down.
            FolderNotOurs: it cannot be written.
            OSError: its disk is full.
        """
        self.descriptor = _open_lock(self.folder)
        deadline = time.monotonic() + PROBE_SECONDS
        extended = False
        while not _try_lock(self.descriptor, fcntl.LOCK_EX):
            holder = _read_holder(self.folder)
            if not extended and holder is not None and not holder.is_alive():
                deadline, extended = time.monotonic() + TAKE_OVER_SECONDS, True
            if time.monotonic() > deadline:
                self._close()
                raise _held(self.folder, holder)
            time.sleep(_PAUSE_SECONDS)
        holder = Holder.this_process()
        try:
            os.truncate(self.descriptor, 0)
            os.pwrite(self.descriptor, json.dumps(asdict(holder)).encode(), 0)
        except OSError:
            self._close()
            raise

    def publish(self, cluster: Cluster) -> None:
        """Write the servers' addresses, for commands started in the same folder."""
        target = self.folder / "cluster.json"
        draft = target.with_suffix(".draft")
        with open_private(draft, os.O_WRONLY | os.O_TRUNC) as file:
            file.write(json.dumps(asdict(cluster)).encode())
        draft.replace(target)

    def release(self) -> None:
        """Release the lock; servers that still run continue to hold it."""
        if self.descriptor >= 0:
            (self.folder / "cluster.json").unlink(missing_ok=True)
            self._close()

    def _close(self) -> None:
        os.close(self.descriptor)
        self.descriptor = -1


def find_cluster(folder: Path) -> Cluster | None:
    """Return the addresses of the servers of `folder`, or None if none run there.

    Raises:
        FolderNotOurs: it cannot be read.
    """
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise FolderNotOurs(
            f"The data folder {folder} cannot be read: {error.strerror}.", folder=str(folder)
        ) from error
    try:
        if _try_lock(descriptor, fcntl.LOCK_SH):
            return None
    finally:
        os.close(descriptor)
    holder = _read_holder(folder)
    if holder is not None and not holder.is_alive():
        return None
    try:
        return Cluster(**json.loads((folder / "cluster.json").read_text()))
    except FileNotFoundError:
        return None


def open_private(path: Path, flags: int) -> IO[bytes]:
    """Open a file to write that only its user may open, creating it if necessary.

    One that an earlier release left open to others is closed to them.

    Raises:
        OSError: it cannot be opened.
    """
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if os.fstat(descriptor).st_uid == os.geteuid():
        os.fchmod(descriptor, 0o600)
    return os.fdopen(descriptor, "wb")


def _open_lock(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Whoever can open it can lock it, and then nobody can start.
        with open_private(folder / "lock", os.O_RDWR) as file:
            return os.dup(file.fileno())
    except (PermissionError, FileExistsError, NotADirectoryError) as error:
        raise FolderNotOurs(
            f"The data folder {folder} cannot be written: {error.strerror}.", folder=str(folder)
        ) from error


def _try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read_holder(folder: Path) -> Holder | None:
    """Return the holder in the lock file; None in the instant before it is written."""
    try:
        return Holder(**json.loads((folder / "lock").read_text()))
    except ValueError:
        return None


def _held(folder: Path, holder: Holder | None) -> FolderHeld:
    if holder is None:
        return FolderHeld(f"{folder} is held by a process that is starting.", folder=str(folder))
    who = f"process {holder.pid} ({holder.command}), since {holder.since}"
    if not holder.is_alive():
        who = f"servers that do not shut down, left by {who}, which has ended"
    return FolderHeld(f"{folder} is held by {who}.", folder=str(folder), **asdict(holder))
