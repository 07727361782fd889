"""The database server: locks that others wait for, sessions, and room."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg

from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.ledger.views import server
from treadle.ledger.views.server import Holder, Room

#: Seconds for which a session may hold up others: Treadle's own transactions end before.
_HELD_UP_SECONDS = 5.0
#: Seconds after which a transaction of somebody else is worth a look, idle or at work.
_IDLE_SECONDS = 15.0
_OLD_SECONDS = 300.0
_SHOWN = 3
#: Shares of the sessions that are in use.
_MANY_SESSIONS, _MOST_SESSIONS = 0.8, 0.95
_MIB = 1024 * 1024
#: Bytes that are free: too few to go on for long, and few enough to look (if few by share, too).
_NO_ROOM_BYTES = 512 * _MIB
_LITTLE_ROOM_BYTES, _LITTLE_ROOM_SHARE = 10 * 1024 * _MIB, 0.1
#: Times its expected size that the write-ahead log may have.
_LARGE_LOG = 4


def locks(session: psycopg.Connection) -> Iterator[Check]:
    """Look for sessions that others wait for, and for old transactions."""
    found = server.holding_up(session, old_seconds=_IDLE_SECONDS)
    grave = [each for each in found if _holds_up(each)]
    old = [each for each in found if each not in grave and _is_old(each)]
    for each in grave[:_SHOWN]:
        yield error("locks", _holding(each), _end(each, "If it may end, end it"))
    for each in old[: _SHOWN - len(grave)]:
        detail = f"{_who(each)} has had a transaction open for {each.open_seconds:.0f} s"
        solution = _end(each, "It keeps old rows from being removed; if it may end, end it")
        yield warning("locks", detail, solution)
    if not grave and not old:
        yield fine("locks", "nobody holds up others")


def _holds_up(holder: Holder) -> bool:
    seconds = max(holder.open_seconds, holder.waited_seconds)
    return seconds >= _HELD_UP_SECONDS and bool(holder.waiters or holder.tables)


def _is_old(holder: Holder) -> bool:
    is_idle = holder.state.startswith("idle in transaction")
    return holder.open_seconds >= (_IDLE_SECONDS if is_idle else _OLD_SECONDS)


def _holding(holder: Holder) -> str:
    what = f" keeps others from {', '.join(holder.tables)}" if holder.tables else " holds a lock"
    seconds = max(holder.open_seconds, holder.waited_seconds)
    waiting = f", {holder.waiters} sessions wait for it" if holder.waiters else ""
    query = " ".join(holder.query.split())
    last = f"; its last statement: {query}" if query else ""
    return f"{_who(holder)}{what}, for {seconds:.0f} s by now{waiting}{last}"


def _who(holder: Holder) -> str:
    if not holder.pid:
        return "a prepared transaction"
    known = [each for each in (holder.application, holder.client, holder.state) if each]
    return f"process {holder.pid} of PostgreSQL" + (f" ({', '.join(known)})" if known else "")


def _end(holder: Holder, begin: str) -> str:
    if not holder.pid:
        return f"{begin}, by the gid that pg_prepared_xacts has: rollback prepared 'GID';"
    return f"{begin}, in psql: select pg_terminate_backend({holder.pid});"


def connections(session: psycopg.Connection) -> Check:
    """Compare the sessions that are open with how many the server takes."""
    by_application, most = server.sessions(session)
    used = sum(by_application.values())
    detail = f"{used} of {most} sessions are open"
    if used < most * _MANY_SESSIONS:
        return fine("connections", detail)
    shares = [f"{name} {count}" for name, count in list(by_application.items())[:_SHOWN]]
    solution = "Raise max_connections, or run fewer processes or TREADLE_GATEWAY_SESSIONS."
    found = warning if used < most * _MOST_SESSIONS else error
    return found("connections", f"{detail}: {', '.join(shares)}", solution)


def disk(session: psycopg.Connection) -> Iterator[Check]:
    """Look at what is stored, at the write-ahead log, and at what is free, where that is known."""
    room = server.room(session)
    detail = f"the database has {_size(room.database_bytes)}"
    if room.wal_bytes is not None:
        detail += f", its log {_size(room.wal_bytes)}"
    found = list(_log_problems(room))
    if (usage := _usage(session, room)) is not None:
        total, _, free = usage
        detail += f", {_size(free)} are free"
        solution = f"Make room on the disk of {room.folder}, or lower TREADLE_RETENTION_DAYS."
        if free < _NO_ROOM_BYTES:
            found.append(error("disk", f"the disk is full: {detail}", solution))
        elif free < min(_LITTLE_ROOM_BYTES, total * _LITTLE_ROOM_SHARE):
            found.append(warning("disk", f"little room: {detail}", solution))
    else:
        detail += "; what is free is not known here"
    yield from found or [fine("disk", detail)]


def _log_problems(room: Room) -> Iterator[Check]:
    most = room.wal_expected_bytes * _LARGE_LOG
    for name, size in room.slots.items():
        if size > most:
            detail = f"the replication slot {name}, which nobody reads, keeps {_size(size)} of log"
            solution = f"Start its reader, or in psql: select pg_drop_replication_slot('{name}');"
            yield warning("disk", detail, solution)
    if room.wal_bytes is not None and room.wal_bytes > most:
        expected = _size(room.wal_expected_bytes)
        detail = f"the write-ahead log has {_size(room.wal_bytes)}, where {expected} are usual"
        solution = "Look at replication slots and at archiving: something keeps it."
        yield warning("disk", detail, solution)


def _usage(session: psycopg.Connection, room: Room) -> tuple[int, int, int] | None:
    """Return total, used and free bytes of the data's disk, if the server is on this host."""
    if room.folder is None or not session.info.host.startswith("/"):
        return None
    try:
        return shutil.disk_usage(Path(room.folder))
    except OSError:
        return None


def _size(count: int) -> str:
    if count < 1024 * _MIB:
        return f"{count / _MIB:.0f} MiB"
    return f"{count / _MIB / 1024:.1f} GiB"
