"""Messages: which rows a worker is to claim, as a list in Redis carries them.

A message is a hint: the ledger decides what is claimed. One that cannot be read is dropped, and
what it may have stood for is sent again from the ledger.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from dramatiq import Message

from treadle.dag.specs import Lane
from treadle.transport.redis_keys import list_key

#: The one queue that Dramatiq knows.
NODES = "nodes"
#: The name of the actor that runs the nodes of a message.
ACTOR = "run_nodes"
#: Rows that one message carries at most.
MOST_ROWS = 64
#: Epoch milliseconds that a message may have been sent at: up to the year 10,000.
_LAST_MOMENT = 253_402_300_800_000


def message_of(
    queue: str, priority: int, lane: str, execution_id: str, refs: list[list[str]]
) -> Message[Any]:
    """Return a message for rows of one execution, each `[scope, node]`; at most `MOST_ROWS`."""
    return Message(
        queue_name=NODES,
        actor_name=ACTOR,
        args=(execution_id, lane, refs),
        kwargs={},
        options={"list": list_key(queue, priority)},
    )


def read(data: bytes) -> Message[Any] | None:
    """Return a message as it was sent; `None` if these bytes are none of ours."""
    try:
        message = Message.decode(data)
        execution_id, lane, refs = message.args
        UUID(execution_id)
        Lane(lane)
        is_ours = (
            message.actor_name == ACTOR
            and not message.kwargs
            and 0 <= int(message.message_timestamp) < _LAST_MOMENT
            and 0 < len(refs) <= MOST_ROWS
            and all(_is_ref(each) for each in refs)
        )
    except Exception:  # noqa: BLE001 - the edge: anybody may have written it, in any shape
        return None
    return message if is_ours else None


def _is_ref(ref: Any) -> bool:
    scope, node = ref
    # PostgreSQL takes no NUL in text, and UTF-8 no lone surrogate.
    return all(isinstance(each, str) and each.encode().find(0) < 0 for each in (scope, node))
