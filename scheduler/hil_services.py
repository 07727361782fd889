"""People in the scheduler's process: questions that are due, and messages that are to go out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.settings import secrets_given
from treadle.hil.delivery import Delivery
from treadle.hil.sweeper import Sweeper
from treadle.hil.webhook import WebhookChannel
from treadle.transport.connections import Connections


@contextmanager
def attended(connections: Connections) -> Iterator[None]:
    """Run a sweeper and a delivery while inside, each in a thread with its own session."""
    settings, belt, graphs = connections.settings, connections.belt, connections.graphs
    sweeper = Sweeper(connections.open_session, belt.pauses, (graphs, belt, belt.follow_up))
    dialer = Dialer(AddressPolicy(settings.allowed_private_addresses))
    delivery = Delivery(
        connections.open_session,
        connections.broker.client,
        (graphs, belt, belt.follow_up),
        {"webhook": WebhookChannel(dialer, secrets_given())},
        public_url=settings.public_url,
    )
    ending = Event()
    threads = [
        Thread(target=service.run_until, args=(ending,), name=type(service).__name__.lower())
        for service in (sweeper, delivery)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ending.set()
        belt.ring_outbox()  # the delivery listens there
        for thread in threads:
            thread.join()
