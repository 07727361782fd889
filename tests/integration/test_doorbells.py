"""The notifier and the scheduler's heartbeat on a real Redis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.client import PubSub
from redis.retry import Retry

from treadle.core.ids import new_id
from treadle.core.redis import connect
from treadle.transport import scheduler_heartbeat
from treadle.transport.notifier import Notifier, channel

WaitUntil = Callable[..., Any]


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    with connect(redis_url) as made:
        yield made


def test_a_follower_hears_the_seq_of_the_last_event(
    client: redis.Redis, wait_until: WaitUntil
) -> None:
    """Of the execution it follows, and of no other."""
    post_commit, other = new_id(), new_id()
    listener = PubSub(client.connection_pool, ignore_subscribe_messages=True)
    listener.subscribe(channel(post_commit))
    wait_until(lambda: client.pubsub_channels(channel(post_commit)))

    Notifier(client).notify({other: 3, post_commit: 7})

    heard = wait_until(lambda: listener.get_message(timeout=0.1))
    assert heard["channel"].decode() == channel(post_commit)
    assert heard["data"] == b"7"
    assert listener.get_message(timeout=0.05) is None
    listener.close()


def test_what_nobody_follows_is_not_rung_for(client: redis.Redis) -> None:
    """Redis is asked who listens once in a while, not for each event."""
    bells = Notifier(client)
    bells.notify({new_id(): 1})
    asked = commands_processed(client)

    for _ in range(50):
        bells.notify({new_id(): 1})

    assert commands_processed(client) - asked < 10


def test_a_bell_that_cannot_be_rung_is_no_error() -> None:
    """Followers look anyway."""
    nowhere = redis.Redis(unix_socket_path="/nowhere.sock", retry=Retry(NoBackoff(), 0))

    Notifier(nowhere).notify({new_id(): 1})


def test_a_scheduler_is_seen_until_a_while_after_its_last_pass(client: redis.Redis) -> None:
    """The key dies by itself."""
    assert scheduler_heartbeat.seen(client) is None

    scheduler_heartbeat.announce(client)

    assert "/" in (scheduler_heartbeat.seen(client) or "")
    assert 0 < client.ttl("treadle:scheduler") <= scheduler_heartbeat.LIFETIME_SECONDS


def commands_processed(client: redis.Redis) -> int:
    return int(client.info("stats")["total_commands_processed"])
