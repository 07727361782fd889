"""The pause table: in Redis, when something is next due for each question that waits.

A ZSET of moments and a HASH of entries, changed by the scripts in `transport/lua` under the
server's own clock. The ledger is the truth: what is lost here is put back from it, and what is here
and decided there is taken out by whoever finds it due.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import unique
from importlib import resources
from typing import Any
from uuid import UUID

import redis

from treadle.core.ids import new_id
from treadle.dag.words import Word
from treadle.ledger.engine.post_commit import Parked
from treadle.transport.redis_keys import (
    DEADLINES_KEY,
    ENTRIES_KEY,
    REBUILDING_KEY,
    WHOLE_KEY,
    drop_unreadable,
)

#: Seconds for which a mark of rebuilding counts: longer than putting back a million questions.
_REBUILDING_SECONDS = 600
#: Questions in one call of a script: what holds the server up for less than a millisecond.
_AT_ONCE = 200


@unique
class DueAction(Word):
    """What is due for a parked question."""

    WARN = "warn"
    """To warn people that its time is nearly over."""
    TIME_OUT = "time_out"
    """To end it."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What one look at the table brought."""

    whole: bool
    """Whether every pending question is in the table, as far as anybody knows."""
    due: list[tuple[UUID, DueAction]]
    next_seconds: float | None
    """Until something is due again; `None` if nothing is parked."""


class PauseTable:
    """Questions by when something is due for them; safe for threads.

    Every call may raise `redis.RedisError`.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._park = client.register_script(_script("park"))
        self._unpark = client.register_script(_script("unpark"))
        self._take = client.register_script(_script("take"))
        self._finish = client.register_script(_script("finish"))

    def park(self, questions: Sequence[Parked]) -> None:
        """Put questions in."""
        for some in _portions(questions):
            rows = [
                part
                for each in some
                for part in (
                    str(each.interaction_id),
                    str(each.execution_id),
                    _milliseconds(each.warn_at),
                    _milliseconds(each.timeout_at),
                )
            ]
            self._park(keys=[DEADLINES_KEY, ENTRIES_KEY], args=rows)

    def unpark(self, questions: Sequence[UUID]) -> None:
        """Take questions out; one that is not there is no error."""
        for some in _portions(questions):
            self._unpark(keys=[DEADLINES_KEY, ENTRIES_KEY], args=[str(each) for each in some])

    def take(self, *, limit: int, hold_seconds: float) -> Taken:
        """Take what is due, for `hold_seconds`: then another sweeper takes what is still there."""
        keys = [DEADLINES_KEY, ENTRIES_KEY, WHOLE_KEY]
        found: Any = self._take(keys=keys, args=[limit, round(hold_seconds * 1000)])
        whole, milliseconds, *due = found
        return Taken(
            bool(whole),
            self._due(dict(zip(due[::2], due[1::2], strict=True))),
            milliseconds / 1000 if milliseconds >= 0 else None,
        )

    def _due(self, taken: Mapping[bytes, bytes]) -> list[tuple[UUID, DueAction]]:
        """Return which questions were taken; what is the id of none goes out of the table."""
        due, unreadable = [], []
        for member, kind in taken.items():
            try:
                due.append((UUID(member.decode()), DueAction(kind.decode())))
            except ValueError:
                unreadable.append(member)
        if unreadable:
            self._unpark(keys=[DEADLINES_KEY, ENTRIES_KEY], args=unreadable)
            drop_unreadable("question", len(unreadable))
        return due

    def rebuild(self, pages: Iterable[Sequence[Parked]]) -> bool:
        """Put every pending question back; return whether the table is whole now.

        What was parked meanwhile stays; several may rebuild at once.
        """
        mark = str(new_id())
        self._client.set(REBUILDING_KEY, mark, ex=_REBUILDING_SECONDS)
        for page in pages:
            self.park(page)
        return bool(self._finish(keys=[WHOLE_KEY, REBUILDING_KEY], args=[mark]))

    def parked(self) -> int:
        """Return how many questions are in."""
        count: Any = self._client.zcard(DEADLINES_KEY)
        return int(count)


def _portions(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _script(name: str) -> str:
    return resources.files("treadle.transport").joinpath("lua", f"{name}.lua").read_text("utf-8")
