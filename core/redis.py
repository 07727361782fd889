"""Connections to Redis or Valkey, whose data may be lost: short timeouts, few retries."""

from __future__ import annotations

import redis
import redis.asyncio
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from redis.retry import Retry

#: Seconds to wait for a connection to be accepted.
CONNECT_TIMEOUT_SECONDS = 2.0
#: Seconds to wait for one reply; a command that blocks on the server must block for less.
ANSWER_TIMEOUT_SECONDS = 5.0
#: Seconds of idleness after which a connection is tested before its next use.
HEALTH_CHECK_SECONDS = 30
#: Retries of a command: long enough for a restart of a local server, not for an outage.
RETRIES = 3


def connect(url: str) -> redis.Redis:
    """Return a client with its own pool, safe to share among threads; it connects on first use.

    When the connection breaks, a command is sent again up to `RETRIES` times, so it may act twice.
    That is harmless: Redis holds only ids, and their readers check the ledger.
    """
    return redis.Redis.from_url(
        url,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=ANSWER_TIMEOUT_SECONDS,
        health_check_interval=HEALTH_CHECK_SECONDS,
        protocol=2,
        retry=Retry(ExponentialWithJitterBackoff(base=0.05, cap=0.5), RETRIES),
        retry_on_error=[RedisConnectionError, RedisTimeoutError],
    )


def connect_listener(url: str) -> redis.asyncio.Redis:
    """Return a client for coroutines that waits for messages without a limit; it connects lazily.

    A peer that disappears silently is not noticed, so listeners must also poll from time to time.
    """
    return redis.asyncio.Redis.from_url(
        url, socket_connect_timeout=CONNECT_TIMEOUT_SECONDS, protocol=2
    )
