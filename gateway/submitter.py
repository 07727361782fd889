"""Submitting: concurrent requests share a transaction, and are acknowledged after its commit."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import ClassVar

import psycopg

from treadle.core.batching import next_batch
from treadle.core.errors import TreadleError
from treadle.core.postgres import LOST
from treadle.core.vital import VitalThread
from treadle.ledger.engine.submission import Submission, Submitted, submit_all
from treadle.transport.connections import Connections

#: Submissions of one transaction.
_MOST_TOGETHER = 64


class OutcomeUnknown(TreadleError):
    """The connection to the ledger was lost during the commit; it may have succeeded."""

    reason: ClassVar[str] = "outcome_unknown"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = (
        "Repeat the request with the same Idempotency-Key; "
        "without one, check the list of executions first."
    )


_Waiting = tuple[Submission, "Future[Submitted]"]


class Submitter:
    """One thread that commits the submissions of all others; safe for threads."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._session: psycopg.Connection | None = None
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self.thread = VitalThread(self._run, "submitter")
        self.thread.start()

    def submit(self, request: Submission) -> Submitted:
        """Return when the submission is committed.

        Raises:
            IdempotencyConflict, NoSuchTrigger, NotAValue
            OutcomeUnknown: the connection was lost during the commit.
            psycopg.OperationalError: there is no connection; nothing was done.
        """
        future: Future[Submitted] = Future()
        self._waiting.put((request, future))
        return future.result()

    def close(self) -> None:
        """Commit what waits, and end. No submission may follow."""
        self._waiting.put(None)
        self.thread.join()
        if self._session is not None:
            self._session.close()

    def _run(self) -> None:
        while True:
            group, more = next_batch(self._waiting, most=_MOST_TOGETHER)
            if group:
                try:
                    self._write(group)
                except BaseException as error:  # noqa: BLE001 - every caller that waits gets it, whatever it is
                    for _, future in group:
                        if not future.done():
                            future.set_exception(error)
            if not more:
                return

    def _write(self, group: Sequence[_Waiting]) -> None:
        connections = self._connections
        if self._session is None or self._session.closed:
            self._session = connections.open_session()
        requests = [request for request, _ in group]
        try:
            answers = submit_all(connections.engine, self._session, requests)
        except LOST as error:
            raise OutcomeUnknown("The ledger went away during the submission.") from error
        for (_, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, Exception):
                future.set_exception(answer)
            else:
                future.set_result(answer)
