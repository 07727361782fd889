"""The lane of suspects: few threads of their own, so that suspects take none from other nodes.

Each suspect needs a fresh process and a second or so for it. A worker claims no more of them than
it has room for; the others keep their note, and are sent again when their message counts as lost.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Condition

import structlog

from treadle.ledger.engine.leases import Claim, Ref
from treadle.monitoring.metrics import SUSPECTS, SUSPECTS_RUNNING

#: Suspects that run at once in one process.
SUSPECTS_AT_ONCE = 2

_log = structlog.get_logger()


class SuspectLane:
    """Claims and runs suspects in threads of its own; safe for threads."""

    def __init__(
        self, claim: Callable[[Sequence[Ref]], list[Claim]], run: Callable[[Claim], object]
    ) -> None:
        """`claim` takes leases, and `run` takes one through its attempt and its settle."""
        self._claim = claim
        self._run = run
        self._threads = ThreadPoolExecutor(SUSPECTS_AT_ONCE, thread_name_prefix="suspect")
        self._changed = Condition()
        self._taken = 0

    def take(self, refs: Sequence[Ref]) -> None:
        """Claim as many suspects of one execution as there is room for, and start them."""
        room = self._reserve(len(refs))
        if not room:
            return
        claims: list[Claim] = []
        try:
            claims = self._claim(refs[:room])
        finally:
            self._free(room - len(claims))
        for each in claims:
            self._threads.submit(self._run_one, each)

    def start(self, claim: Claim) -> bool:
        """Start a suspect that is claimed; return whether there was room for it."""
        has_room = bool(self._reserve(1))
        if has_room:
            self._threads.submit(self._run_one, claim)
        return has_room

    def wait(self, seconds: float) -> bool:
        """Wait until nothing runs, for a while; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._taken, timeout=max(0.0, seconds))

    def _reserve(self, wanted: int) -> int:
        with self._changed:
            taken = min(wanted, SUSPECTS_AT_ONCE - self._taken)
            self._taken += taken
        return taken

    def _free(self, count: int) -> None:
        with self._changed:
            self._taken -= count
            self._changed.notify_all()

    def _run_one(self, claim: Claim) -> None:
        ref = claim.ref
        _log.warning(
            "node.suspected",
            execution_id=str(ref.execution_id),
            node_id=ref.node,
            scope=ref.scope,
            node_type=claim.node.spec.key,
            losses=claim.lost_count,
        )
        SUSPECTS.inc()
        SUSPECTS_RUNNING.inc()
        try:
            self._run(claim)
        except Exception as error:  # noqa: BLE001 - the edge: nobody waits for this thread's result
            _log.error("request.refused", error=repr(error), exc_info=error)
        finally:
            SUSPECTS_RUNNING.dec()
            self._free(1)
