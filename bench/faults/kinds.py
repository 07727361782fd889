"""The kinds of faults: each function does one, waits as long as it lasts, and undoes it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from random import Random

import psycopg

from bench.faults.cell import Cell
from treadle.core.redis import connect
from treadle.core.settings import Settings

#: Seconds for which what can last lasts; a process is stopped past its lease.
LASTING_SECONDS = 20.0
_OUTAGE_SECONDS = 15.0
_LEASE_AND_MORE_SECONDS = Settings.model_fields["lease_seconds"].default + 5.0
#: The kind that needs a disk of the cell's own.
NEEDS_DISK = "postgres disk full 20 s"
_KINDS_OF_PROCESSES = ("worker", "scheduler", "gateway", "planner")


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    name: str
    act: Callable[[Cell, Random], None]
    """Do it, and return when its cause is gone."""


def _kill_process(kind: str, cell: Cell, chance: Random) -> None:
    name, pid = cell.pick(kind, chance)
    cell.killed[name] += 1
    os.kill(pid, signal.SIGKILL)


def _stop_process(kind: str, cell: Cell, chance: Random) -> None:
    _, pid = cell.pick(kind, chance)
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(_LEASE_AND_MORE_SECONDS)
    finally:
        os.kill(pid, signal.SIGCONT)


def _kill_postgres(cell: Cell, _: Random) -> None:
    cell.kill_server(cell.servers.postgres)


def _kill_valkey(cell: Cell, _: Random) -> None:
    cell.kill_server(cell.servers.valkey)


def _stop_postgres(cell: Cell, _: Random) -> None:
    with cell.down(cell.servers.postgres):
        time.sleep(_OUTAGE_SECONDS)
    cell.wait_for_servers()


def _stop_valkey(cell: Cell, _: Random) -> None:
    with cell.down(cell.servers.valkey):
        time.sleep(_OUTAGE_SECONDS)
    cell.wait_for_servers()


def _empty_valkey(cell: Cell, _: Random) -> None:
    with connect(cell.servers.redis_url) as client:
        client.flushall()


def _fill_valkey(cell: Cell, _: Random) -> None:
    """Refuse every command that needs memory: what counts is less than what it holds already."""
    with connect(cell.servers.redis_url) as client:
        client.config_set("maxmemory", "100kb")
        try:
            time.sleep(LASTING_SECONDS)
        finally:
            client.config_set("maxmemory", "0")


def _fill_postgres(cell: Cell, _: Random) -> None:
    """Leave no room on the disk of PostgreSQL's data; it may end by that, and is started again."""
    cell.disk.fill(LASTING_SECONDS)
    cell.wait_for_servers()


def _fill_sessions(cell: Cell, _: Random) -> None:
    """Take every session of PostgreSQL that is free or becomes free."""
    deadline = time.monotonic() + LASTING_SECONDS
    with ExitStack() as held:
        while time.monotonic() < deadline:
            try:
                held.enter_context(cell.session())
            except psycopg.OperationalError:
                time.sleep(0.05)


def _end_sessions(cell: Cell, _: Random) -> None:
    with cell.session() as session:
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where backend_type = 'client backend' and pid <> pg_backend_pid()"
        )


def _lock_executions(cell: Cell, _: Random) -> None:
    with cell.session() as session, session.transaction():
        session.execute("lock table executions in access exclusive mode")
        time.sleep(LASTING_SECONDS)


def _network(mode: str, servers: tuple[str, ...], cell: Cell, _: Random) -> None:
    cell.network(mode, *servers)
    try:
        time.sleep(LASTING_SECONDS)
    finally:
        cell.network("open", *servers)


def _all() -> dict[str, Fault]:
    acts: dict[str, Callable[[Cell, Random], None]] = {}
    for kind in _KINDS_OF_PROCESSES:
        acts[f"{kind} killed"] = partial(_kill_process, kind)
        acts[f"{kind} stopped 20 s"] = partial(_stop_process, kind)
    acts |= {
        "postgres killed": _kill_postgres,
        "postgres down 15 s": _stop_postgres,
        NEEDS_DISK: _fill_postgres,
        "postgres sessions used up": _fill_sessions,
        "postgres sessions ended": _end_sessions,
        "executions locked 20 s": _lock_executions,
        "valkey killed": _kill_valkey,
        "valkey down 15 s": _stop_valkey,
        "valkey emptied": _empty_valkey,
        "valkey full 20 s": _fill_valkey,
    }
    both = ("postgres", "valkey")
    for servers in (("postgres",), ("valkey",), both):
        name = "both" if servers == both else servers[0]
        acts[f"{name} cut off 20 s"] = partial(_network, "cut", servers)
        acts[f"{name} silent 20 s"] = partial(_network, "silent", servers)
    return {name: Fault(name, act) for name, act in acts.items()}


FAULTS: Mapping[str, Fault] = _all()


def in_order(names: list[str], chance: Random, rounds: int) -> list[Fault]:
    """Return all kinds shuffled, so many times one after the other."""
    order: list[Fault] = []
    for _ in range(rounds):
        turn = [FAULTS[name] for name in names]
        chance.shuffle(turn)
        order += turn
    return order
