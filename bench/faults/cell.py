"""The cluster of a fault run: its own servers, eight processes under a supervisor, the proxy."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from threading import Event, Lock
from typing import Any, TypeVar

import httpx
import psycopg

from bench.faults.disk import SmallDisk
from bench.faults.outside import outside
from bench.faults.ports import free_ports
from treadle.core.embedded import EmbeddedServers
from treadle.core.embedded.server import EmbeddedServer
from treadle.core.processes import Command, Service, Supervisor
from treadle.core.settings import child_environment
from treadle.ledger.migrations import migrate
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

#: Processes of each kind.
COUNTS = {"scheduler": 2, "worker": 3, "planner": 1, "gateway": 2}
OWNER = "bench"
_ROOT = Path(__file__).parents[2]
_GRACE_SECONDS = 45.0
#: Seconds for the cluster to start, and for a killed server to be back: it replays its log.
_START_SECONDS = 180.0
_PAUSE_SECONDS = 0.2

Result = TypeVar("Result")


class Diary:
    """What the processes wrote and how they ended; each has a log file."""

    def __init__(self, folder: Path) -> None:
        self._files = defaultdict[str, Any](lambda: None)
        self._folder = folder
        self.ends: Counter[str] = Counter()
        """Ends of processes by `NAME STATUS`."""
        self.complaints: Counter[str] = Counter()
        """Lines that a person should look at, by `KIND EVENT`."""
        self.tracebacks: list[str] = []

    def write(self, name: str, line: str) -> None:
        """Keep one line of a process, or one about it."""
        if self._files[name] is None:
            self._files[name] = (self._folder / f"{name}.log").open("a", buffering=1)
        self._files[name].write(f"{time.time():.3f} {line}\n")
        if line.startswith("ended with status "):
            self.ends[f"{name} {line.split()[3].rstrip(';')}"] += 1
        elif '"level":"error"' in line or '"level":"critical"' in line:
            event = line.partition('"event":"')[2].partition('"')[0]
            self.complaints[f"{name.partition('-')[0]} {event}"] += 1
            if '"exception"' in line:
                self.tracebacks.append(f"{name}: {line}")
        elif line.startswith("Traceback"):
            self.tracebacks.append(f"{name}: {line}")

    def close(self) -> None:
        for file in self._files.values():
            file.close()


class Cell:
    """Everything that a fault may hurt."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = SmallDisk(folder / "data.ext4", folder / "data")
        """The disk of the servers' data, if one can be made here."""
        self.no_disk: str | None = None
        """Why there is none."""
        self.servers = EmbeddedServers(folder / "data")
        self.diary = Diary(folder)
        self.killed: Counter[str] = Counter()
        """How often a fault killed a process, by name."""
        self._held = Event()
        self._reviving = Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run all of it for the `with` block."""
        with ExitStack() as stack:
            stack.callback(self.diary.close)
            self.no_disk = self.disk.mount()
            stack.callback(self.disk.unmount)
            stack.enter_context(self.servers)
            migrate(self.servers.database_url)
            self.outside = stack.enter_context(outside())
            self._proxy = stack.enter_context(self._proxying())
            names = [f"{kind}-{n}" for kind, count in COUNTS.items() for n in range(1, count + 1)]
            self.names = names
            self.gateways = free_ports(COUNTS["gateway"])
            stages = [[self._service(name) for name in names]]
            self._supervisor = Supervisor(stages, self.diary.write, self._revive)
            self._supervisor.start()
            stack.callback(self._supervisor.stop, hurry=True)
            with self.session() as session:
                self.key = keys.create(session, OWNER, list(Scope)).text
            self._wait(self._is_up)
            yield

    def session(self) -> psycopg.Connection:
        """Return a session of the bench's own, past the proxy."""
        return psycopg.connect(
            self.servers.database_url, autocommit=True, connect_timeout=3, application_name=OWNER
        )

    def pick(self, kind: str, chance: Random) -> tuple[str, int]:
        """Return the name and id of a process of a kind, as soon as one runs."""
        self._wait(lambda: any(name.startswith(kind) for name in self.pids()))
        running = [each for each in self.pids().items() if each[0].startswith(kind)]
        return chance.choice(running)

    def pids(self) -> dict[str, int]:
        """Return the processes that run, by name."""
        return self._supervisor.pids()

    def network(self, mode: str, *names: str) -> None:
        """Set the network in front of `postgres` or `valkey`; see `proxy`."""
        assert self._proxy.stdin is not None
        assert self._proxy.stdout is not None
        for name in names:
            self._proxy.stdin.write(f"{name} {mode}\n")
            self._proxy.stdin.flush()
            assert self._proxy.stdout.readline() == "ok\n"

    @contextmanager
    def down(self, server: EmbeddedServer) -> Iterator[None]:
        """Have a server stopped during the block; nobody starts it meanwhile."""
        self._held.set()
        try:
            with self._reviving:
                EmbeddedServer.stop(server)
                yield
        finally:
            self._held.clear()

    def kill_server(self, server: EmbeddedServer) -> None:
        """Kill a server, and return when it answers again."""
        pid = server.pid
        os.kill(pid, signal.SIGKILL)
        self._wait(lambda: server.is_running() and server.pid != pid)
        self.wait_for_servers()

    def wait_for_servers(self) -> None:
        """Return when both servers run."""
        servers = (self.servers.valkey, self.servers.postgres)
        self._wait(lambda: all(server.is_running() for server in servers))
        self._wait(lambda: self._try(lambda: self.session().close()))

    def memory(self) -> dict[str, float]:
        """Return the resident megabytes of each process."""
        return {name: _resident_megabytes(pid) for name, pid in self.pids().items()}

    def _revive(self) -> None:
        if not self._held.is_set() and self._reviving.acquire(blocking=False):
            try:
                self.servers.revive()
            finally:
                self._reviving.release()

    def _service(self, name: str) -> Service:
        kind, _, number = name.partition("-")
        options: list[str] = []
        if kind == "worker":
            options = ["--tasks", "bench.tasks"]
        elif kind == "gateway":
            options = ["--port", str(self.gateways[int(number) - 1])]
        environment = child_environment(
            TREADLE_DATABASE_URL=f"postgresql://treadle@127.0.0.1:{self._ports['postgres']}/treadle",
            TREADLE_REDIS_URL=f"redis://127.0.0.1:{self._ports['valkey']}",
            TREADLE_ALLOWED_PRIVATE_ADDRESSES="127.0.0.1",  # the load's own HTTP server
            TREADLE_PLANNER_MODEL="openai/gpt-5.5",
            TREADLE_OPENAI_BASE_URL=f"{self.outside}/v1",
            TREADLE_OPENAI_API_KEY="sk-loopback",
            TREADLE_LOG_LEVEL="WARNING",  # an hour of INFO is a gigabyte
        )
        argv = [sys.executable, "-P", "-m", "treadle", kind, *options]
        return Service(name, Command(argv, environment, _ROOT), _GRACE_SECONDS)

    @contextmanager
    def _proxying(self) -> Iterator[subprocess.Popen[str]]:
        behind = {
            "postgres": self.servers.postgres.socket_path,
            "valkey": self.servers.valkey.socket_path,
        }
        command = [sys.executable, "-m", "bench.faults.proxy"]
        command += [f"{name}={path}" for name, path in behind.items()]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=_ROOT) as process:
            assert process.stdout is not None
            lines = [process.stdout.readline().split() for _ in behind]
            self._ports = {name: int(port) for name, port in lines}
            try:
                yield process
            finally:
                process.terminate()

    def _is_up(self) -> bool:
        with self.session() as session:
            found = session.execute("select count(*) from workers").fetchone()
        served = all(
            self._try(lambda: httpx.get(f"http://127.0.0.1:{port}/health"))  # noqa: B023
            for port in self.gateways
        )
        return served and found == (COUNTS["worker"] + COUNTS["planner"],)

    def _try(self, call: Callable[[], object]) -> bool:
        try:
            call()
        except (psycopg.OperationalError, httpx.TransportError):
            return False
        return True

    def _wait(self, predicate: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not predicate():
            if time.monotonic() > deadline:
                raise TimeoutError(f"the cluster is not up within {_START_SECONDS:g} s")
            time.sleep(_PAUSE_SECONDS)


def _resident_megabytes(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
    return int(found[0]) / 1024 if found else 0.0
