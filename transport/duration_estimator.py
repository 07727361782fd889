"""The duration estimator: how long nodes take, and so how many travel in one message, and how many
rows of a queue the cluster takes in a second.

Each process measures what it runs and says so with the queues that it serves (`served_queues`); all
others, such as the dispatcher, go by what was said.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean
from threading import Lock
from typing import Annotated

from pydantic import BaseModel, Field

from treadle.dag.specs import Lane
from treadle.transport.messages import MOST_ROWS

#: Seconds of work that one message should carry.
_AIM_SECONDS = 0.05
#: Weight of the newest message in the running mean of what occupies threads.
_NEWEST = 0.1
#: The part by which a duration moves the running median.
_STEP = 0.25
#: No node counts for less: so much its share of a commit costs.
_LEAST_SECONDS = 0.0002
#: A clock's tick: nothing takes no time, and no rate is infinite.
_TICK_SECONDS = 1e-6
#: Bounds of what a process may say: nothing that was forged makes a rate infinite.
_MOST_THREADS = 10_000
_MOST_SECONDS = 1e9
#: What a lane's nodes take before one was measured. A user's task may take anything: alone, then.
_FIRST_SECONDS = {
    Lane.INLINE: 0.001,
    Lane.ASYNC: 0.005,
    Lane.THREAD: _AIM_SECONDS,
    Lane.PROCESS: _AIM_SECONDS,
}


#: What was measured; a mean of ticks is rounded, and a median may lie a step below one.
Seconds = Annotated[float, Field(ge=_TICK_SECONDS / 2, le=_MOST_SECONDS, allow_inf_nan=False)]


class Measurements(BaseModel):
    """What a process says of itself to all others."""

    threads: Annotated[int, Field(ge=1, le=_MOST_THREADS)]
    """Threads that take messages."""
    queues: Sequence[str]
    """The queues whose messages they take."""
    occupied: Mapping[str, Seconds] = {}
    """Seconds for which a row of a queue keeps a thread, its commit and what it waits for counted:
    running means."""
    durations: Mapping[str, Mapping[Lane, Seconds]] = {}
    """Seconds that a node of a queue and lane runs: running medians."""


class DurationEstimator:
    """What is usual for each queue, in this process and in others; safe for threads.

    A mean would follow the few attempts that had to wait for the interpreter: on a busy machine
    messages would carry less, which makes it busier.
    """

    def __init__(self) -> None:
        self._durations: dict[str, dict[Lane, float]] = {}
        self._occupied: dict[str, float] = {}
        #: What others said, by queue: their threads, the rows that they take in a second, and the
        #: means of their medians.
        self._threads: Counter[str] = Counter()
        self._rates: Mapping[str, float] = {}
        self._elsewhere: Mapping[str, Mapping[Lane, float]] = {}
        self._lock = Lock()

    def measured(self, queue: str, lane: Lane, seconds: float) -> None:
        """Take in how long one node ran."""
        with self._lock:
            lanes = self._durations.setdefault(queue, {})
            lanes[lane] = _median(lanes.get(lane), max(seconds, _TICK_SECONDS))

    def occupied(self, queue: str, rows: int, seconds: float) -> None:
        """Take in for how long a message of `queue`, and `rows` in all, kept a thread."""
        with self._lock:
            self._occupied[queue] = _mean(
                self._occupied.get(queue), max(seconds / rows, _TICK_SECONDS)
            )

    def measurements(self, queues: Sequence[str], threads: int) -> Measurements:
        """Return what is known here, for others."""
        with self._lock:
            durations = {queue: dict(lanes) for queue, lanes in self._durations.items()}
            occupied = dict(self._occupied)
        return Measurements.model_construct(
            threads=threads, queues=queues, occupied=occupied, durations=durations
        )

    def measured_queues(self) -> int:
        """Return how many queues were measured here."""
        with self._lock:
            return len(self._occupied)

    def learn(self, others: Sequence[Measurements]) -> None:
        """Go by what the processes of the cluster say from now on.

        It is added up here, once: what is known of a queue is asked for with each row.
        """
        serving: defaultdict[str, list[Measurements]] = defaultdict(list)
        medians: defaultdict[str, defaultdict[Lane, list[float]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for each in others:
            for queue in set(each.queues):
                serving[queue].append(each)
            for queue, lanes in each.durations.items():
                for lane, seconds in lanes.items():
                    medians[queue][lane].append(seconds)
        threads = {queue: sum(each.threads for each in of_it) for queue, of_it in serving.items()}
        rates = {queue: _rate(queue, of_it) for queue, of_it in serving.items()}
        with self._lock:
            self._threads = Counter(threads)
            self._rates = {queue: rate for queue, rate in rates.items() if rate is not None}
            self._elsewhere = {
                queue: {lane: fmean(found) for lane, found in lanes.items()}
                for queue, lanes in medians.items()
            }

    def chunk(self, queue: str, lane: Lane = Lane.INLINE) -> int:
        """Return how many nodes one message should carry."""
        return max(1, min(MOST_ROWS, int(_AIM_SECONDS / self.expected(queue, lane))))

    def usual_chunk(self, queue: str) -> int:
        """Return how many nodes a message of a queue usually carries, whatever their lane."""
        with self._lock:
            lanes = {*self._durations.get(queue, ()), *self._elsewhere.get(queue, ())}
        return min((self.chunk(queue, lane) for lane in lanes), default=1)

    def expected(self, queue: str, lane: Lane) -> float:
        """Return the seconds that a node usually takes, or what its lane stands for."""
        with self._lock:
            seconds = self._durations.get(queue, {}).get(lane)
            if seconds is None:
                seconds = self._elsewhere.get(queue, {}).get(lane, _FIRST_SECONDS[lane])
        return max(seconds, _LEAST_SECONDS)

    def threads(self, queue: str) -> int:
        """Return how many threads of the cluster take a queue's messages, among others'."""
        with self._lock:
            return self._threads[queue]

    def rate(self, queue: str) -> float | None:
        """Return how many rows of a queue the cluster takes in a second while it has no others.

        `None` before one was measured anywhere.
        """
        with self._lock:
            return self._rates.get(queue)


def _rate(queue: str, serving: Sequence[Measurements]) -> float | None:
    """Return what the processes that serve a queue take in a second; a new one is as the rest."""
    known = [each.occupied[queue] for each in serving if queue in each.occupied]
    if not known:
        return None
    mean = fmean(known)
    return sum(each.threads / each.occupied.get(queue, mean) for each in serving)


def _mean(before: float | None, newest: float) -> float:
    return newest if before is None else before + _NEWEST * (newest - before)


def _median(before: float | None, newest: float) -> float:
    """Return a running median: each duration moves it by one step, whatever its size."""
    if before is None or newest == before:
        return newest
    return before * (1 + _STEP) if newest > before else before / (1 + _STEP)
