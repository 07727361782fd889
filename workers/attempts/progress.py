"""Progress: what attempts on the event loop report, each at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from treadle.dag.values import Value
from treadle.ledger.engine.batches import Report
from treadle.ledger.engine.leases import Claim
from treadle.workers.nodes.attempt import Join

#: Seconds between two events of one attempt. The first report does not wait.
_PERIOD_SECONDS = 1.0


@dataclass(slots=True)
class _Line:
    """One attempt that has reported: until its timer finds nothing new."""

    timer: asyncio.TimerHandle
    waiting: Report | None = None


class Progress:
    """Hands reports on when their turn comes. Used on the event loop, and nowhere else."""

    def __init__(self, tell: Callable[[Report], None]) -> None:
        self._tell = tell
        self._lines: dict[UUID, _Line] = {}

    def add(self, claim: Claim, data: Value, join: Join | None) -> None:
        """Take in what a running attempt reports."""
        line = self._lines.get(claim.lease_id)
        if line is None:
            self._tell(Report(claim, data))
            self._lines[claim.lease_id] = _Line(self._timer(claim))
        elif line.waiting is None or join is None:
            line.waiting = Report(claim, data)
        else:
            line.waiting = Report(claim, join(line.waiting.data, data))

    def ended(self, claim: Claim) -> list[Report]:
        """Forget an attempt; return what still waited: it goes with the outcome."""
        line = self._lines.pop(claim.lease_id, None)
        if line is None:
            return []
        line.timer.cancel()
        return [line.waiting] if line.waiting else []

    def _timer(self, claim: Claim) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(_PERIOD_SECONDS, self._due, claim)

    def _due(self, claim: Claim) -> None:
        line = self._lines.pop(claim.lease_id)
        if line.waiting is not None:
            self._tell(line.waiting)
            self._lines[claim.lease_id] = _Line(self._timer(claim))
