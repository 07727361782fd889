"""The embedded PostgreSQL with pgvector: a private unix socket, fsync on, stops with its parent."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar
from urllib.parse import quote

from treadle.core.embedded.binaries import POSTGRES_MAJOR, postgres_program
from treadle.core.embedded.folder import open_private
from treadle.core.embedded.ownership import make_private, service_user, socket_folder
from treadle.core.embedded.server import EmbeddedServer
from treadle.core.errors import TreadleError
from treadle.core.processes.guarded import Command, GuardedProcess, User

#: The superuser that `initdb` makes; whoever can open the private socket folder connects as it.
_ROLE = "treadle"
_DATABASE = "treadle"
_SOCKET = ".s.PGSQL.5432"
_INITDB_SECONDS = 120.0

#: What differs from PostgreSQL's defaults, each with its reason.
TUNING = {
    "listen_addresses": "",  # the socket alone
    "max_connections": "100",
    "shared_buffers": "128MB",  # small: it shares the machine with the workers
    "fsync": "on",
    "synchronous_commit": "on",  # what is acknowledged is on disk
    "wal_level": "minimal",  # it has no replicas
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "max_wal_size": "2GB",  # checkpoints by time, not by volume
    "checkpoint_timeout": "15min",
    "max_parallel_workers_per_gather": "0",  # many short statements, no long ones
    "jit": "off",  # compiling costs more than our statements
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
}


class DataOfAnotherRelease(TreadleError):
    """The data folder was made by another major release of PostgreSQL."""

    reason: ClassVar[str] = "data_of_another_release"
    solution: ClassVar[str] = (
        "Dump it with the release of Treadle that made it, or move the folder away to start fresh."
    )


class EmbeddedPostgres(EmbeddedServer):
    """PostgreSQL with its data in `folder/postgres`, created at the first start."""

    name = "postgres"
    #: Fast shutdown (roll back, checkpoint), then immediate (recover at the next start).
    stop_steps = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))

    def __init__(self, folder: Path, keep_open: Sequence[int] = ()) -> None:
        """Keep files in `folder`, which must exist; the server inherits `keep_open`."""
        super().__init__(folder / "postgres.log", keep_open)
        self._data = folder / "postgres"
        self._sockets = socket_folder(folder / "postgres.run", f"{_SOCKET}.lock")
        self.socket_path = self._sockets / _SOCKET

    @property
    def url(self) -> str:
        """Address of its database, for `core.postgres.connect`."""
        return self._url_of(_DATABASE)

    def forget_earlier_run(self) -> None:
        """Remove the leftovers of a killed server; call it only when no server runs.

        PostgreSQL trusts a pid file if that process exists, and after a reboot or in a container
        the id often belongs to another process.
        """
        for leftover in (
            self._data / "postmaster.pid",
            self.socket_path,
            self._sockets / f"{_SOCKET}.lock",
        ):
            leftover.unlink(missing_ok=True)

    def _launch(self) -> None:
        """Start, making the data folder and the database if there are none.

        Raises:
            ServerFailed: `initdb` or the server failed.
            DataOfAnotherRelease: the data cannot be opened by this release.
        """
        import psycopg  # noqa: PLC0415 - all that reads settings would load it

        self._check_release()
        super()._launch()
        try:
            with psycopg.connect(self._url_of("postgres"), autocommit=True) as session:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if session.execute(query, (_DATABASE,)).fetchone() is None:
                    session.execute(f"CREATE DATABASE {_DATABASE}")
        except psycopg.OperationalError as error:  # it ended again, or its disk is full
            self.stop()
            raise self._failure(f"The embedded postgres did not start: {error}.") from error

    def stop(self) -> None:
        """Stop in bounded time and remove the socket's folder."""
        super().stop()
        shutil.rmtree(self._sockets, ignore_errors=True)

    def _command(self) -> Command:
        program = postgres_program("postgres")
        user = service_user(self._data, (program, self._sockets))
        make_private(self._sockets, user)
        if not (self._data / "PG_VERSION").exists():
            self._initialize(user)
        argv = [str(program), "-D", str(self._data)]
        for setting, value in (TUNING | {"unix_socket_directories": str(self._sockets)}).items():
            argv += ["-c", f"{setting}={value}"]
        return Command(
            argv,
            user=user,
            farewell=signal.SIGINT,
            patience_seconds=8.0,
            keep_open=self._keep_open,
        )

    def _initialize(self, user: User | None) -> None:
        """Create the data folder under another name and move it into place when it is complete."""
        draft = self._data.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        make_private(draft, user)
        argv = [str(postgres_program("initdb")), "-D", str(draft), "-U", _ROLE, "--auth=trust"]
        # The same sort order of text on every machine, independent of its locales.
        argv += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin"]
        argv += ["--builtin-locale=C.UTF-8"]
        with open_private(self.log, os.O_WRONLY | os.O_APPEND) as output:
            process = GuardedProcess(Command(argv, user=user), output)
        status = process.wait(_INITDB_SECONDS)
        if status is None:
            process.stop()
        if status != 0:
            raise self._failure("The data folder of the embedded postgres could not be made.")
        draft.replace(self._data)

    def _check_release(self) -> None:
        version = self._data / "PG_VERSION"
        if version.exists() and (found := version.read_text().strip()) != str(POSTGRES_MAJOR):
            raise DataOfAnotherRelease(
                f"{self._data} is data of PostgreSQL {found}, this is {POSTGRES_MAJOR}.",
                folder=str(self._data),
            )

    def _answers(self) -> bool:
        import psycopg  # noqa: PLC0415 - see `_launch`

        try:
            psycopg.connect(self._url_of("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _url_of(self, database: str) -> str:
        return f"postgresql://{_ROLE}@/{database}?host={quote(os.fspath(self._sockets), safe='')}"
