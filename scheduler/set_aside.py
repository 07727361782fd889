"""Set aside: the executions that a scheduler leaves alone for a while, because acting failed.

One that cannot be understood ends as ERROR. Where even that fails, or the failure is a defect, it
is left alone for some seconds, and for longer after each failure; all others go on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import psycopg

from treadle.core.postgres import LOST
from treadle.ledger.engine import schedule
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.quarantine import quarantine

#: Seconds for which an execution is left alone at first; doubled with each failure, up to the last.
_FIRST_SECONDS = 5.0
_LAST_SECONDS = 600.0


class _Aside(NamedTuple):
    until: float
    """On the monotonic clock."""
    seconds: float


class SetAside:
    """Acts on executions one by one, so that none can fail another."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._aside: dict[UUID, _Aside] = {}

    def ids(self) -> list[UUID]:
        """Return the executions that are left alone now."""
        now = time.monotonic()
        # What nobody met again for as long as it was left alone is forgotten.
        self._aside = {
            i: each for i, each in self._aside.items() if now < each.until + each.seconds
        }
        return [i for i, each in self._aside.items() if now < each.until]

    def act(
        self, session: psycopg.Connection, execution_id: UUID, call: Callable[[], bool]
    ) -> bool:
        """Act on one execution; return whether it had its turn and nothing failed.

        Raises:
            psycopg.Error: the database does not answer (`LOST`).
        """
        try:
            acted = call()
            if not acted and not schedule.exists(session, execution_id):
                raise LookupError("there are rows of an execution that does not exist")
        except LOST:
            raise
        except Exception as error:  # noqa: BLE001 - the edge: one execution cannot keep the others
            self.failed(session, execution_id, error)
            return False
        if acted:
            self._aside.pop(execution_id, None)
        return acted

    def failed(self, session: psycopg.Connection, execution_id: UUID, error: Exception) -> None:
        """End an execution that cannot be understood, or leave it alone for a while."""
        if not quarantine(self._engine, session, execution_id, error):
            self._leave_alone(execution_id)

    def _leave_alone(self, execution_id: UUID) -> None:
        before = self._aside.get(execution_id)
        seconds = min(_LAST_SECONDS, before.seconds * 2) if before else _FIRST_SECONDS
        self._aside[execution_id] = _Aside(time.monotonic() + seconds, seconds)
