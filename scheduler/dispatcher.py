"""The dispatcher: ready rows that no message stands for go to the queue, by turns (rule 9).

What waits in the ledger is sent by priority, then by owner, then by workflow, then by age, as far
as the queues have room. What was sent and whose message is lost is sent again.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

import psycopg
import redis
import structlog

from treadle.ledger.engine import turns
from treadle.ledger.engine.leases import Ref, node_of
from treadle.ledger.engine.post_commit import Queued
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.ledger.engine.turns import SentRow, Share, Turn
from treadle.monitoring.metrics import REPAIRS
from treadle.scheduler.set_aside import SetAside
from treadle.transport import messages
from treadle.transport.connections import Connections
from treadle.transport.redis_keys import PRIORITIES, list_key

#: Owners whose workflows' turns are remembered, and rows to be sent apart; with more, all is begun
#: anew.
_MOST_REMEMBERED = 10_000
#: Rows of a queue that one statement sends.
_ROWS = 2_000
#: Seconds that a row may take from its note to its message, and a fetched message to its claim: as
#: long as a large transaction takes on a busy machine. Redis that lost its data is seen at once.
_CLAIM_GRACE_SECONDS = 5.0
#: Seconds after which a message that nobody fetched is read: well below the minute after which rows
#: that no message stands for are sent again.
_LONG_SECONDS = 30.0
#: Seconds between two passes while something waits: what queues have room for then goes together.
_AGAIN_SECONDS = 0.05
#: Seconds for which passes go on after something waited: a process that found no room says so at
#: most each 0.1 s, and what finds none in between waits for no other pass.
_AWAKE_SECONDS = 0.3
#: Seconds between two looks for lost messages, and for rows without a turn.
_LOST_SECONDS = 1.0
_ADOPT_SECONDS = 30.0

_T = TypeVar("_T")
_log = structlog.get_logger()


class Dispatcher:
    """Sends what waits, by turns; sends again what was lost."""

    def __init__(self, connections: Connections, set_aside: SetAside | None = None) -> None:
        self._connections = connections
        self._set_aside = set_aside or SetAside(connections.engine)
        #: The workflow of each owner that was served last, and the owner of each queue.
        self._workflows: dict[Turn, str] = {}
        self._owners: dict[tuple[str, int], str] = {}
        #: Rows whose message nobody claimed: an older worker drops what carries several executions.
        self._unclaimed: set[Ref] = set()
        self._looked = self._adopted = self._found = float("-inf")

    def refill(self, session: psycopg.Connection) -> float | None:
        """Send what waits, as far as the queues have room, and what was lost.

        Returns:
            Seconds after which to come again; `None` if nothing has waited for a while.
        """
        queue = self._connections.queue
        queue.refresh(force=True)
        epoch = queue.epoch()
        if epoch is None:
            return None
        now = time.monotonic()
        if now - self._adopted >= _ADOPT_SECONDS and turns.adopt(session, _ROWS) < _ROWS:
            self._adopted = now
        waits, is_noted = turns.ready(session)
        if is_noted and now - self._looked >= _LOST_SECONDS:
            self._looked = now
            waits = self._take_back_lost(session, epoch) or waits
        waiting = self._waiting(session) if waits else {}
        if not waiting or max(len(self._workflows), len(self._unclaimed)) > _MOST_REMEMBERED:
            self._owners.clear()
            self._workflows.clear()
            self._unclaimed.clear()
        if not waiting:
            return _AGAIN_SECONDS if now - self._found < _AWAKE_SECONDS else None
        self._found = now
        sent = self._send(session, waiting, epoch)
        return 0.0 if sent >= _ROWS else _AGAIN_SECONDS

    def _waiting(self, session: psycopg.Connection) -> dict[Turn, list[str]]:
        served = self._connections.queue.served()
        return turns.waiting(session, served, self._owners, self._workflows)

    def _send(
        self, session: psycopg.Connection, waiting: Mapping[Turn, Sequence[str]], epoch: str
    ) -> int:
        """Send by turns, the most urgent first; return how many rows were."""
        sent = 0
        for priority in sorted({turn.priority for turn in waiting}):
            of_it = {turn: w for turn, w in waiting.items() if turn.priority == priority}
            shares = list(self._shares(of_it, self._connections.queue.rooms()))
            if shares:
                aside = self._set_aside.ids()
                rows = turns.send(session, shares, epoch=epoch, aside=aside)
                sent += len(rows)
                self._publish(session, rows)
        return sent

    def _shares(
        self, waiting: Mapping[Turn, Sequence[str]], rooms: Mapping[str, int]
    ) -> Iterator[Share]:
        """Divide the room of each queue by owner, and an owner's part by workflow."""
        by_queue: defaultdict[str, list[Turn]] = defaultdict(list)
        for turn in waiting:
            by_queue[turn.queue].append(turn)
        for queue, owners in by_queue.items():
            for turn, part in _divided(min(rooms.get(queue, 0), _ROWS), owners):
                self._owners[turn.queue, turn.priority] = turn.owner
                for workflow_id, rows in _divided(part, waiting[turn]):
                    self._workflows[turn] = workflow_id
                    yield Share(*turn, workflow_id, rows)

    def _publish(self, session: psycopg.Connection, rows: Sequence[SentRow]) -> None:
        """Send the messages of rows that are noted."""
        engine, queue = self._connections.engine, self._connections.queue
        by_execution: defaultdict[UUID, list[SentRow]] = defaultdict(list)
        for row in rows:
            by_execution[row.ref.execution_id].append(row)
        with suppress(RowNotUnderstood):  # met again below, in its own execution
            engine.graphs.prepare(session, by_execution)
        queued: list[Queued] = []
        for execution_id, of_it in by_execution.items():
            try:
                graph = engine.graphs.execution(session, execution_id)
                lanes = [node_of(graph, row.ref).lane for row in of_it]
            except (RowNotUnderstood, KeyError) as error:
                self._set_aside.failed(session, execution_id, error)
                continue
            for row, lane in zip(of_it, lanes, strict=True):
                queued.append(Queued(row.queue, row.priority, lane, row.owner, row.ref))
        queue.send(queued, apart=self._unclaimed)
        self._unclaimed.difference_update(row.ref for row in queued)
        for name, count in Counter(row.queue for row in queued).items():
            queue.take(name, count)

    def _take_back_lost(self, session: psycopg.Connection, epoch: str) -> bool:
        """Let rows whose message is gone wait for their turn again; return whether any do."""
        queues = self._connections.queue.served()
        oldest = self._oldest(queues)
        found = turns.take_back_lost(
            session,
            epoch=epoch,
            oldest=oldest,
            held=self._held(oldest),
            queues=queues,
            aside=self._set_aside.ids(),
            grace_seconds=_CLAIM_GRACE_SECONDS,
        )
        self._unclaimed.update(ref for ref, kind in found if kind == "message_unclaimed")
        for kind, count in Counter(kind for _, kind in found if kind).items():
            REPAIRS.labels(kind).inc(count)
            _log.warning("message.lost", kind=kind, rows=count)
        return bool(found)

    def _oldest(self, queues: Iterable[str]) -> dict[str, datetime]:
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

    def _held(self, oldest: Mapping[str, datetime]) -> list[Ref]:
        """Return the rows in the messages of queues whose work is so long that messages wait."""
        since = datetime.now(UTC) - timedelta(seconds=_LONG_SECONDS)
        pipeline = self._connections.broker.client.pipeline(transaction=False)
        for queue in (queue for queue, at in oldest.items() if at < since):
            for priority in PRIORITIES:
                pipeline.lrange(list_key(queue, priority), 0, -1)
        try:
            lists = pipeline.execute()
        except redis.RedisError:
            return []
        found = (messages.read(each) for held in lists for each in held)
        return [row for message in found if message for row in messages.carried_by(message.args)[1]]


def _divided(room: int, among: Sequence[_T]) -> Iterator[tuple[_T, int]]:
    """Divide room among those whose turns come one after the other; the first get more."""
    whole, rest = divmod(room, len(among))
    for index, each in enumerate(among):
        if part := whole + (index < rest):
            yield each, part
