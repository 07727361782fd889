"""The duration estimator: how long nodes take here, and so how many travel in one message."""

from __future__ import annotations

from threading import Lock

from treadle.dag.specs import Lane
from treadle.transport.messages import MOST_ROWS

#: Seconds of work that one message should carry.
_AIM_SECONDS = 0.05
#: Weight of the newest duration in the running mean.
_NEWEST = 0.1
#: No node counts for less: so much its share of a commit costs.
_LEAST_SECONDS = 0.0002
#: What a lane's nodes take before one was measured. A user's task may take anything: alone, then.
_FIRST_SECONDS = {
    Lane.INLINE: 0.001,
    Lane.ASYNC: 0.005,
    Lane.THREAD: _AIM_SECONDS,
    Lane.PROCESS: _AIM_SECONDS,
}


class DurationEstimator:
    """Running means of durations by queue and lane; safe for threads."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, Lane], float] = {}
        self._lock = Lock()

    def measured(self, queue: str, lane: Lane, seconds: float) -> None:
        """Take in how long one node occupied its thread."""
        with self._lock:
            mean = self._seconds.get((queue, lane))
            self._seconds[queue, lane] = (
                seconds if mean is None else mean + _NEWEST * (seconds - mean)
            )

    def chunk(self, queue: str, lane: Lane = Lane.INLINE) -> int:
        """Return how many nodes one message should carry."""
        return max(1, min(MOST_ROWS, int(_AIM_SECONDS / self.expected(queue, lane))))

    def expected(self, queue: str, lane: Lane) -> float:
        """Return the seconds that a node takes: its queue's mean, or what its lane stands for."""
        with self._lock:
            return max(self._seconds.get((queue, lane), _FIRST_SECONDS[lane]), _LEAST_SECONDS)

    def seconds(self, queue: str) -> float | None:
        """Return the mean duration of the queue's slowest lane; `None` before the first."""
        with self._lock:
            known = [s for (name, _), s in self._seconds.items() if name == queue]
        return max(known) if known else None
