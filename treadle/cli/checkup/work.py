"""Work: what waits for nobody, and what loses workers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import UUID

import psycopg

from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.ledger.engine.leases import SUSPECT_AFTER
from treadle.ledger.views import processes, unserved

_SHOWN = 5


def queues(session: psycopg.Connection, taking: Collection[UUID]) -> Iterator[Check]:
    """Look for ready nodes that no process takes.

    Args:
        taking: the processes that take work.
    """
    waiting = processes.unserved(session, among=taking)
    served = unserved.served(session)
    for queue, count in sorted(waiting.items(), key=lambda each: -each[1])[:_SHOWN]:
        explained = unserved.explain(queue, served)
        detail = f"no worker takes {queue} ({count} ready). {explained.message}"
        yield error("queues", detail, explained.solution)
    if len(waiting) > _SHOWN:
        more = len(waiting) - _SHOWN
        yield error("queues", f"no worker takes {more} more queues", "Start workers for them.")
    if not waiting:
        yield fine("queues", "every queue with work has a worker")


def suspects(session: psycopg.Connection) -> Check:
    """Look for nodes whose workers die."""
    found = processes.suspects(session, losses=SUSPECT_AFTER, limit=_SHOWN)
    if not found:
        return fine("suspects", "no node has lost several workers")
    named = [
        f"{each.ref.node} of {each.ref.execution_id} (lost {each.lost_count})" for each in found
    ]
    more = "" if found[0].total <= _SHOWN else f", and {found[0].total - _SHOWN} more"
    return warning(
        "suspects",
        f"nodes whose workers ended: {', '.join(named)}{more}",
        "Read why in the workers' logs, such as a lack of memory; such a node runs alone, and "
        "fails as worker_lost.",
    )
