"""The dispatcher: ready rows that no message stands for go to the queue (rule 9)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

import psycopg
import redis
import structlog

from treadle.core.postgres import LOST
from treadle.ledger.engine import schedule
from treadle.ledger.engine.control import refill, refill_together
from treadle.ledger.engine.leases import Ref
from treadle.monitoring.metrics import REPAIRS
from treadle.scheduler.set_aside import SetAside
from treadle.transport import messages
from treadle.transport.connections import Connections
from treadle.transport.redis_keys import PRIORITIES, list_key

#: Rows looked at in one pass.
_ROWS = 2_000
#: Executions whose rows are noted in one transaction.
_TOGETHER = 50
#: Seconds that a fetched message may take to its claim before its row counts as lost.
_CLAIM_GRACE_SECONDS = 2.0

_log = structlog.get_logger()


class Dispatcher:
    """Refills the queue, by priority and then in turn by owner; sends again what was lost."""

    def __init__(self, connections: Connections, set_aside: SetAside | None = None) -> None:
        self._connections = connections
        self._set_aside = set_aside or SetAside(connections.engine)

    def refill(self, session: psycopg.Connection) -> bool:
        """Send what is unsent, as far as the queue has room; return whether more is left."""
        queue = self._connections.queue
        queue.refresh(force=True)
        epoch = queue.epoch()
        if epoch is None:
            return False
        open_queues = sorted(set(queue.served()) - set(queue.full()))
        found = schedule.unsent(
            session,
            epoch=epoch,
            oldest=self._oldest(open_queues),
            queues=open_queues,
            aside=self._set_aside.ids(),
            grace_seconds=_CLAIM_GRACE_SECONDS,
            limit=_ROWS,
        )
        for kind, count in Counter(each[2] for each in found if each[2]).items():
            REPAIRS.labels(kind).inc(count)
            _log.warning("message.lost", kind=kind, rows=count)
        rows: defaultdict[UUID, list[Ref]] = defaultdict(list)
        for ref, _, _ in found:
            rows[ref.execution_id].append(ref)
        for some in _portions(list(rows)):
            self._send(session, {execution_id: rows[execution_id] for execution_id in some})
        return len(found) == _ROWS and bool(rows)

    def _send(self, session: psycopg.Connection, rows: Mapping[UUID, Sequence[Ref]]) -> None:
        """Note and send rows; those of executions that somebody else holds one after the other."""
        engine = self._connections.engine
        try:
            left = refill_together(engine, session, rows)
        except LOST:
            raise
        except Exception:  # noqa: BLE001 - the edge: one of them fails, which fails no other
            left = list(rows)
        for execution_id in left:
            call = partial(refill, engine, session, execution_id, rows[execution_id])
            self._set_aside.act(session, execution_id, call)

    def _oldest(self, queues: list[str]) -> dict[str, datetime]:
        """Return when the oldest message that nobody has fetched was sent, by queue."""
        pipeline = self._connections.broker.client.pipeline(transaction=False)
        keys = [(queue, list_key(queue, priority)) for queue in queues for priority in PRIORITIES]
        for _, key in keys:
            pipeline.lindex(key, 0)
        oldest: dict[str, datetime] = {}
        try:
            heads = pipeline.execute() if keys else []
        except redis.RedisError:
            return oldest
        for (queue, _), head in zip(keys, heads, strict=True):
            message = messages.read(head) if head is not None else None
            if message is not None:  # an unreadable one is dropped by whoever takes it
                at = datetime.fromtimestamp(message.message_timestamp / 1000, UTC)
                oldest[queue] = min(at, oldest.get(queue, at))
        return oldest


def _portions(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + _TOGETHER] for start in range(0, len(ids), _TOGETHER))
