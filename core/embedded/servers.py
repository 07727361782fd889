"""Both servers of a data folder, under its lock."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Self

from treadle.core.embedded.folder import Cluster, FolderLock
from treadle.core.embedded.postgres import EmbeddedPostgres
from treadle.core.embedded.server import ServerFailed, telling_of_files
from treadle.core.embedded.valkey import EmbeddedValkey

#: Seconds for which the start of an ended server is tried again; longer than any statement may run.
REVIVAL_SECONDS = 30.0


class EmbeddedServers:
    """PostgreSQL and Valkey on the data of one folder, for as long as the `with` block runs."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`, which is created if it does not exist."""
        self.folder = folder.absolute()
        self._lock = FolderLock(self.folder)
        self._failing_since: float | None = None

    def start(self) -> None:
        """Acquire the folder and start both servers; after a failure nothing is left running.

        Raises:
            FolderHeld: a live process runs servers there.
            FolderNotOurs: the folder cannot be written.
            ServerFailed: a server did not start, or the disk is full.
        """
        with telling_of_files("The embedded servers did not start.", self.folder):
            self._lock.acquire()
            self._start()

    def _start(self) -> None:
        inherited = (self._lock.descriptor,)
        self.postgres = EmbeddedPostgres(self.folder, inherited)
        self.valkey = EmbeddedValkey(self.folder, inherited)
        try:
            self.postgres.forget_earlier_run()
            self.valkey.start()
            self.postgres.start()
            self._lock.publish(Cluster(self.database_url, self.redis_url))
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both servers in bounded time and release the folder."""
        self.valkey.stop()
        self.postgres.stop()
        self._lock.release()

    def revive(self) -> None:
        """Restart a server that has ended, at the same address; cheap if none has.

        Call it about once a second. A start that fails is tried again at the next call: a session
        that outlives a killed PostgreSQL keeps its memory in use until its statement ends, and a
        full disk may be emptied.

        Raises:
            ServerFailed: it did not start for `REVIVAL_SECONDS`.
        """
        for server in (self.valkey, self.postgres):
            if server.is_running():
                continue
            try:
                server.restart(immediate=False)
            except ServerFailed:
                now = time.monotonic()
                self._failing_since = self._failing_since or now
                if now - self._failing_since > REVIVAL_SECONDS:
                    raise
                return
        self._failing_since = None

    @property
    def database_url(self) -> str:
        """PostgreSQL's address."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """Valkey's address."""
        return self.valkey.url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
