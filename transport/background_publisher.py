"""Publishing beside the work: a thread that publishes what many transactions leave, together.

A thread that commits for all others must not wait for Redis, and one that runs nodes need not.
"""

from __future__ import annotations

from queue import SimpleQueue

import structlog

from treadle.core.batching import next_batch
from treadle.core.vital import VitalThread
from treadle.dag.specs import Lane
from treadle.ledger.engine.post_commit import DispatchQueue, PostCommit

_log = structlog.get_logger()


class BackgroundPublisher:
    """A dispatch queue that publishes in a thread of its own; safe for threads."""

    def __init__(self, queue: DispatchQueue) -> None:
        self._queue = queue
        self._waiting: SimpleQueue[PostCommit | None] = SimpleQueue()
        self.thread = VitalThread(self._run, "publisher")

    def start(self) -> None:
        self.thread.start()

    def stop(self) -> None:
        """Publish what waits, and end. Nothing may be published any more."""
        self._waiting.put(None)
        self.thread.join()

    def refresh(self) -> None:
        """Leave the look at Redis to the threads that hand work over: a committer must not wait."""

    def admit(self, queue: str) -> str | None:
        return self._queue.admit(queue)

    def expected_seconds(self, queue: str, lane: Lane) -> float:
        return self._queue.expected_seconds(queue, lane)

    def publish(self, work: PostCommit) -> None:
        """Have work published after what was handed over before."""
        if work:
            self._waiting.put(work)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            batch, goes_on = next_batch(self._waiting)
            together = PostCommit()
            for work in batch:
                together.merge(work)
            try:
                self._queue.publish(together)
            except Exception as error:  # noqa: BLE001 - the edge: nobody waits for this thread's answer
                _log.error("publisher.failed", exc_info=error)
