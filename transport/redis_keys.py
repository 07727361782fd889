"""The keys that Treadle uses in Redis, each with its type, and what becomes of one of another type.

Redis is not trusted: who can reach it can write anything there. All of it is put back from the
ledger, so a key of a wrong type is deleted, which is told by a log line and a count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

import redis
import structlog

from treadle.monitoring.metrics import REPAIRS

#: Priorities, the most urgent first; each queue has a list for each.
PRIORITIES = range(10)

#: The epoch's random part; gone when Redis loses its data.
EPOCH_KEY = "treadle:epoch"
#: The queues that some process takes.
SERVED_KEY = "treadle:served"
#: The processes that take messages, by when each last said so, and what each measured.
PROCESSES_KEY = "treadle:processes"
MEASUREMENTS_KEY = "treadle:measurements"
#: What wakes the scheduler: a timer or a retry was set.
TIMERS_KEY = "treadle:timers"
#: What wakes the delivery: something new is in the outbox.
OUTBOX_KEY = "treadle:outbox"
#: What commands counted, for a process that is scraped.
FACTS_KEY = "treadle:facts"
#: The host and process of the scheduler that passed last.
SCHEDULER_KEY = "treadle:scheduler"
#: With an id: what a process says of itself.
PROCESS_KEYS = "treadle:process:"
# The pause table's keys have one hash tag, so that in a Redis cluster they lie on one node.
DEADLINES_KEY = "treadle:{pauses}:deadlines"
ENTRIES_KEY = "treadle:{pauses}:entries"
WHOLE_KEY = "treadle:{pauses}:whole"
REBUILDING_KEY = "treadle:{pauses}:rebuilding"

_TYPES: Mapping[str, bytes] = {
    EPOCH_KEY: b"string",
    SERVED_KEY: b"zset",
    PROCESSES_KEY: b"zset",
    MEASUREMENTS_KEY: b"hash",
    TIMERS_KEY: b"list",
    OUTBOX_KEY: b"list",
    FACTS_KEY: b"list",
    SCHEDULER_KEY: b"string",
    DEADLINES_KEY: b"zset",
    ENTRIES_KEY: b"hash",
    WHOLE_KEY: b"string",
    REBUILDING_KEY: b"string",
}
#: What is whole no more when one of them was deleted.
_PAUSES = frozenset({DEADLINES_KEY, ENTRIES_KEY})

_log = structlog.get_logger()


def list_key(queue: str, priority: int) -> str:
    """Return the key of the list that carries a queue's messages of one priority."""
    return f"treadle:queue:{queue}:{priority}"


def delete_wrong_types(client: redis.Redis, *, queues: Iterable[str] = ()) -> list[str]:
    """Delete the keys that have another type than they are to have; return them.

    Args:
        queues: those whose lists are looked at too.

    Raises:
        redis.RedisError
    """
    lists = {list_key(queue, priority): b"list" for queue in queues for priority in PRIORITIES}
    types = {**_TYPES, **lists}
    pipeline = client.pipeline(transaction=False)
    for key in types:
        pipeline.type(key)
    found = zip(types.items(), pipeline.execute(), strict=True)
    wrong = [key for (key, kind), actual in found if actual not in (kind, b"none")]
    if wrong:
        client.delete(*wrong, *([WHOLE_KEY] if _PAUSES & set(wrong) else []))
        REPAIRS.labels("wrong_type").inc(len(wrong))
        _log.warning("key.deleted", keys=wrong)
    return wrong


def put_right_after(
    error: redis.RedisError, client: redis.Redis, *, queues: Iterable[str] = ()
) -> None:
    """Delete keys of a wrong type where an error may come of one; Redis may be away meanwhile."""
    if isinstance(error, redis.ResponseError):
        with suppress(redis.RedisError):
            delete_wrong_types(client, queues=queues)


def drop_unreadable(what: str, count: int = 1) -> None:
    """Count and log what stood in Redis and could not be read; whoever calls has removed it."""
    REPAIRS.labels("unreadable").inc(count)
    _log.warning("entry.dropped", what=what, count=count)
