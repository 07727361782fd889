"""Messages: which rows a worker is to claim, as a list in Redis carries them.

A message is a hint: the ledger decides what is claimed. One that cannot be read is dropped, and
what it may have stood for is sent again from the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from dramatiq import Message

from treadle.dag.specs import Lane
from treadle.ledger.engine.leases import Ref
from treadle.transport.redis_keys import list_key

#: The one queue that Dramatiq knows.
NODES = "nodes"
#: The name of the actor that runs the nodes of a message.
ACTOR = "run_nodes"
#: Rows that one message carries at most.
MOST_ROWS = 64
#: Epoch milliseconds that a message may have been sent at: up to the year 10,000.
_LAST_MOMENT = 253_402_300_800_000


def message_of(queue: str, priority: int, lane: str, rows: Iterable[Ref]) -> Message[Any]:
    """Return a message for rows, at most `MOST_ROWS`; those of one execution stand together.

    Its arguments are `lane, [[execution, [[scope, node], ...]], ...]`; for one execution they are
    `execution, lane, [[scope, node], ...]`, which workers of the release before understand.
    """
    by_execution = [
        [str(execution_id), [[row.scope, row.node] for row in of_it]]
        for execution_id, of_it in groupby(rows, attrgetter("execution_id"))
    ]
    args: tuple[Any, ...] = (lane, by_execution)
    if len(by_execution) == 1:
        execution_id, refs = by_execution[0]
        args = (execution_id, lane, refs)
    return Message(
        queue_name=NODES,
        actor_name=ACTOR,
        args=args,
        kwargs={},
        options={"list": list_key(queue, priority)},
    )


def read(data: bytes) -> Message[Any] | None:
    """Return a message as it was sent; `None` if these bytes are none of ours."""
    try:
        message = Message.decode(data)
        _, rows = carried_by(message.args)
        is_ours = (
            message.actor_name == ACTOR
            and not message.kwargs
            and 0 <= int(message.message_timestamp) < _LAST_MOMENT
            and 0 < len(rows) <= MOST_ROWS
            and all(_is_text(row.scope) and _is_text(row.node) for row in rows)
        )
    except Exception:  # noqa: BLE001 - the edge: anybody may have written it, in any shape
        return None
    return message if is_ours else None


def carried_by(args: Sequence[Any]) -> tuple[Lane, list[Ref]]:
    """Return the lane and the rows that a message's arguments name."""
    if len(args) == 3:
        execution_id, lane, refs = args
        args = (lane, [[execution_id, refs]])
    lane, by_execution = args
    return Lane(lane), [
        Ref(UUID(execution_id), scope, node)
        for execution_id, of_it in by_execution
        for scope, node in of_it
    ]


def _is_text(value: Any) -> bool:
    # PostgreSQL takes no NUL in text, and UTF-8 no lone surrogate.
    return isinstance(value, str) and value.encode().find(0) < 0
