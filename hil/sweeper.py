"""The sweeper: ends questions whose time is over, and warns of those that are nearly so.

It looks at the pause table, and sleeps until something is due there. Any number may run: a question
is taken by one at a time, and decided in the ledger by the ledger's clock. The ledger itself is
swept every minute, and at every look while Redis is away; a table that was lost is put back.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from threading import Event
from uuid import UUID

import psycopg
import redis
import structlog

from treadle.core.postgres import LOST
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.post_commit import Parked
from treadle.ledger.engine.quarantine import quarantine
from treadle.ledger.people import interactions
from treadle.ledger.people.timeouts import time_out, warn
from treadle.monitoring.metrics import REPAIRS
from treadle.transport.pause_table import DueAction, PauseTable

#: Seconds between two looks when nothing is known to be due earlier. What is parked meanwhile is
#: first due after half of a question's shortest time, 30 s.
_LOOK_SECONDS = 5.0
#: Seconds between two looks while the database or Redis is away.
_OUTAGE_SECONDS = 1.0
#: Seconds between two sweeps of the ledger itself.
_SWEEP_SECONDS = 60.0
#: Seconds before what is due is tried again whose execution somebody else holds.
_BUSY_SECONDS = 0.02
#: Questions taken at once, and seconds for which they are nobody else's.
_TAKEN = 200
_HOLD_SECONDS = 10.0
#: Questions ended in one transaction: past this it only takes longer.
_TOGETHER = 50
#: Questions read at once when the table is put back.
_PAGE = 1_000

_log = structlog.get_logger()


class Sweeper:
    """One replica."""

    def __init__(
        self,
        open_session: Callable[[], psycopg.Connection],
        table: PauseTable,
        engine: Engine,
    ) -> None:
        self._open_session = open_session
        self._table = table
        self._engine = engine
        self._session: psycopg.Connection | None = None
        self._swept = -_SWEEP_SECONDS
        #: Taken, and held by somebody else when it was tried.
        self._busy: list[tuple[UUID, DueAction]] = []

    def run_until(self, stop: Event) -> None:
        """Sweep until `stop` is set; an outage is waited out."""
        try:
            while not stop.is_set():
                try:
                    pause = self.run_pass()
                except LOST as error:
                    _log.warning("sweeper.missed", error=str(error))
                    self.close()
                    pause = _OUTAGE_SECONDS
                except Exception as error:  # noqa: BLE001 - the edge: one question cannot end the sweeper
                    _log.error("sweeper.failed", exc_info=error)
                    self.close()
                    pause = _OUTAGE_SECONDS
                stop.wait(pause)
        finally:
            self.close()

    def run_pass(self) -> float:
        """Do what is due; return the seconds until something is due again."""
        try:
            taken = self._table.take(limit=_TAKEN, hold_seconds=_HOLD_SECONDS)
            if not taken.whole:
                self._rebuild()
        except redis.RedisError as error:
            _log.warning("sweeper.missed", error=str(error))
            self._sweep()
            return _OUTAGE_SECONDS
        if time.monotonic() - self._swept >= _SWEEP_SECONDS:
            self._sweep()
        due, self._busy = [*self._busy, *taken.due], []
        self._act(due)
        if len(taken.due) == _TAKEN or not taken.whole:
            return 0.0
        if self._busy:
            return _BUSY_SECONDS
        return min(_LOOK_SECONDS, taken.next_seconds or _LOOK_SECONDS)

    def close(self) -> None:
        """End the session."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _sweep(self) -> None:
        """Find in the ledger what is due there."""
        while True:
            session = self._open()
            late = interactions.due(session, limit=_TAKEN)
            soon = interactions.unwarned(session, limit=_TAKEN)
            due: list[tuple[UUID, DueAction]] = [(each, DueAction.TIME_OUT) for each in late]
            due += [(each, DueAction.WARN) for each in soon if each not in late]
            done = self._act(due)
            if max(len(late), len(soon)) < _TAKEN or not done:
                break
        self._swept = time.monotonic()

    def _rebuild(self) -> None:
        count = 0

        def pages() -> Iterator[Sequence[Parked]]:
            nonlocal count
            for page in self._pages():
                count += len(page)
                yield page

        if self._table.rebuild(pages()) and count:  # nothing parked is nothing lost
            REPAIRS.labels("pauses_restored").inc()
            _log.warning("pauses.restored", questions=count)

    def _pages(self) -> Iterator[Sequence[Parked]]:
        after = None
        while page := interactions.pending(self._open(), after=after, limit=_PAGE):
            yield page
            after = page[-1].interaction_id

    def _act(self, due: Sequence[tuple[UUID, DueAction]]) -> int:
        """Warn of and end what is due; return how much of it was."""
        over = [question for question, kind in due if kind is DueAction.TIME_OUT]
        done = sum(
            self._end(over[start : start + _TOGETHER]) for start in range(0, len(over), _TOGETHER)
        )
        return done + sum(self._warn(question) for question, kind in due if kind is DueAction.WARN)

    def _end(self, questions: Sequence[UUID]) -> int:
        """End questions in one transaction; one that is refused fails no other."""
        try:
            timed_out = time_out(self._engine, self._open(), questions)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: one question cannot keep the others
            if len(questions) > 1:
                return sum(self._end([each]) for each in questions)
            return self._failed(questions[0], error)
        busy = timed_out.busy
        if len(busy) == len(questions) == 1:
            self._busy.append((busy[0], DueAction.TIME_OUT))
            return 0
        for each in timed_out.ended:
            _log.info("question.timed_out", **each.ids)
        return timed_out.gone + sum(self._end([each]) for each in busy)

    def _failed(self, question: UUID, error: Exception) -> int:
        """End the execution of a question that cannot be understood; return whether it has."""
        execution_id = interactions.execution_of(self._open(), question)
        ids = {"interaction_id": str(question), "execution_id": str(execution_id)}
        _log.error("sweeper.failed", **ids, exc_info=error)
        if execution_id is None:
            return 0
        return int(quarantine(self._engine, self._open(), execution_id, error))

    def _warn(self, question: UUID) -> int:
        try:
            warned = warn(self._engine, self._open(), question)
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: one question cannot keep the others
            return self._failed(question, error)
        if warned is None:
            self._busy.append((question, DueAction.WARN))
            return 0
        if warned:
            execution_id = interactions.execution_of(self._open(), question)
            ids = {"interaction_id": str(question), "execution_id": str(execution_id)}
            _log.info("question.warned", **ids)
        return int(warned)

    def _open(self) -> psycopg.Connection:
        if self._session is None or self._session.closed:
            self._session = self._open_session()
        return self._session
