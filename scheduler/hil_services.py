"""Human in the loop, in the scheduler's process: questions that are due, messages to be sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event

from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.settings import secrets_given
from treadle.core.vital import VitalThread
from treadle.hil.channels import Services, senders
from treadle.hil.delivery import Delivery
from treadle.hil.sweeper import Sweeper
from treadle.transport.connections import Connections


@contextmanager
def running_hil_services(connections: Connections) -> Iterator[Sequence[VitalThread]]:
    """Run a sweeper and a delivery while inside, each in a thread with its own session."""
    settings, queue, engine = connections.settings, connections.queue, connections.engine
    sweeper = Sweeper(connections.open_session, queue.pause_table, engine)
    policy = AddressPolicy(settings.allowed_private_addresses)
    delivery = Delivery(
        connections.open_session,
        connections.broker.client,
        engine,
        senders(Services(lambda: Dialer(policy), secrets_given(), settings.offered_secrets)),
        public_url=settings.public_url,
        retry_after_max_seconds=settings.retry_after_max_seconds,
    )
    ending = Event()
    threads = [
        VitalThread(
            partial(service.run_until, ending), type(service).__name__.lower(), daemon=False
        )
        for service in (sweeper, delivery)
    ]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        ending.set()
        delivery.wake()
        for thread in threads:
            thread.join()
