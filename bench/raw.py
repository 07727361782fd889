"""The other side: Dramatiq's own RedisBroker and default middleware, and actors that do nothing.

It runs the nodes without the graph. There are no joins and no records, and messages are lost with
Redis; only chains keep their order, because each actor sends the next message.
"""

from __future__ import annotations

import os
import time

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from bench.shapes import Shape

#: The environment variable with the address of this run's Valkey.
REDIS_URL_VARIABLE = "BENCH_REDIS_URL"
_POLL_SECONDS = 0.005

# Without the variable, a module that imports only the names gets a broker that never connects.
broker = RedisBroker(url=os.environ.get(REDIS_URL_VARIABLE, "unix:///nowhere"))  # type: ignore[no-untyped-call]
dramatiq.set_broker(broker)


@dramatiq.actor
def noop() -> None:
    """Do nothing."""


@dramatiq.actor
def link(left: int) -> None:
    """Send the next link of a chain, until none is left."""
    if left:
        link.send(left - 1)


def run(shape: Shape, driver: RedisBroker) -> float:
    """Run a shape's nodes; return the seconds from the first send to the last acknowledgement."""
    started = time.perf_counter()
    if shape.is_chain:
        messages = [link.message(len(shape.nodes) - 1) for _ in range(shape.at_once)]
    else:
        messages = [noop.message() for _ in range(shape.total)]
    for message in messages:
        driver.enqueue(message)
    while driver.do_qsize("default"):
        time.sleep(_POLL_SECONDS)
    return time.perf_counter() - started
