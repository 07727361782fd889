"""Delivery: what the outbox holds goes out by its channel, and is tried again until it arrives.

Any number may run: a row is taken by one at a time. Questions that were decided meanwhile are not
sent. One that no channel took by its end fails with `hil_not_delivered`, whatever its default.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from itertools import product
from threading import Event
from typing import Any, TypeVar

import psycopg
import redis
import structlog

from treadle.core.postgres import LOST
from treadle.dag.channels import CHANNELS, Inbound
from treadle.hil.channels import AnswerLink, Channel, DeliveryFailed, Message
from treadle.hil.rights import link_may_answer
from treadle.ledger.engine.engine import Engine
from treadle.ledger.engine.quarantine import quarantine
from treadle.ledger.engine.row_errors import RowNotUnderstood
from treadle.ledger.people import outbox
from treadle.ledger.people.answers import delivered
from treadle.ledger.people.interactions import (
    Interaction,
    InteractionNotFound,
    execution_of,
    interaction,
)
from treadle.ledger.people.outbox import Sending, new_link
from treadle.monitoring.metrics import DELIVERIES, closed
from treadle.monitoring.secret_refusals import REASONS, secret_refused
from treadle.transport.notifier import Notifier
from treadle.transport.redis_keys import OUTBOX_KEY

#: Seconds between two looks when the bell is silent and nothing is known to be due earlier.
_LOOK_SECONDS = 1.0
#: The same while nothing at all waits to be sent.
_IDLE_SECONDS = 4.0
#: Messages on their way at once, and those of one owner: receivers that hang hold up nobody else's.
_IN_FLIGHT = 256
_IN_FLIGHT_OF_OWNER = 32
#: Seconds for which a taken row is nobody else's: longer than one try may take.
_LEASE_SECONDS = 30.0
#: Seconds until the second try; doubled with each, and never more than the last.
_FIRST_RETRY_SECONDS = 1.0
_LAST_RETRY_SECONDS = 300.0
#: Seconds before a session is opened anew.
_OUTAGE_SECONDS = 1.0

Result = TypeVar("Result")

_log = structlog.get_logger()

_SENT = [each.name for each in CHANNELS.values() if each.is_sent]
closed(DELIVERIES, *product(_SENT, ("arrived", "failed")))


class Delivery:
    """One replica."""

    def __init__(
        self,
        open_session: Callable[[], psycopg.Connection],
        client: redis.Redis,
        engine: Engine,
        channels: Mapping[str, Channel],
        *,
        public_url: str,
        retry_after_max_seconds: float = 3600.0,
    ) -> None:
        self._open_session = open_session
        self._client = client
        self._engine = engine
        self._channels = channels
        self._public_url = public_url.rstrip("/")
        self._longest_wait = retry_after_max_seconds
        self._session: psycopg.Connection | None = None
        #: What is on its way, and whose it is.
        self._sending: dict[asyncio.Task[None], str] = {}

    def run_until(self, stop: Event) -> None:
        """Deliver until `stop` is set; what is on its way then is given its time."""
        try:
            asyncio.run(self._run(stop))
        finally:
            if self._session is not None:
                self._session.close()

    def wake(self) -> None:
        """Have it look at once, or end if it was asked to."""
        with suppress(redis.RedisError):  # it looks within seconds anyway
            Notifier(self._client).wake(OUTBOX_KEY)

    async def _run(self, stop: Event) -> None:
        self._turn = asyncio.Lock()
        while not stop.is_set():
            try:
                pause = await self._pass()
            except LOST as error:
                _log.warning("delivery.missed", error=str(error))
                pause = _OUTAGE_SECONDS
            except Exception as error:  # noqa: BLE001 - the edge: no row ends the delivery
                _log.error("delivery.crashed", exc_info=error)
                pause = _OUTAGE_SECONDS
            await asyncio.to_thread(self._sleep, stop, pause)
        if self._sending:
            await asyncio.wait(self._sending)
        for channel in self._channels.values():
            await channel.aclose()

    async def _pass(self) -> float:
        """Begin to send what is due; return the seconds until something is due again."""
        room = _IN_FLIGHT - len(self._sending)
        if room <= 0:
            await asyncio.wait(self._sending, return_when=asyncio.FIRST_COMPLETED)
            return 0.0
        seconds = await self._ask(outbox.next_due)
        if seconds is None and not self._sending:
            return _IDLE_SECONDS
        if seconds is None or seconds > 0:
            return min(_LOOK_SECONDS, seconds or _LOOK_SECONDS)
        taken = await self._ask(
            outbox.take,
            limit=room,
            lease_seconds=_LEASE_SECONDS,
            sending=Counter(self._sending.values()),
            most_of_owner=_IN_FLIGHT_OF_OWNER,
        )
        for each in taken:
            task = asyncio.create_task(self._send(each))
            self._sending[task] = each.owner
            task.add_done_callback(self._sending.pop)
        return 0.0 if taken else _LOOK_SECONDS

    async def _send(self, sending: Sending) -> None:
        """Try once; a row of which nothing is noted comes again when its lease is over."""
        ids = {"interaction_id": str(sending.interaction_id)}
        try:
            asked = await self._ask(interaction, sending.interaction_id)
            ids = asked.ids
            if asked.pending:
                await self._try(sending, asked)
            else:
                await self._ask(outbox.sent, sending.id)
        except InteractionNotFound:
            return  # retention took it, and the row with it
        except RowNotUnderstood as error:
            await self._give_up(sending, error)
        except LOST as error:
            _log.warning("delivery.missed", **ids, error=str(error))
        except Exception as error:  # noqa: BLE001 - the edge: one message cannot end the delivery
            _log.error("delivery.crashed", **ids, exc_info=error)

    async def _give_up(self, sending: Sending, error: RowNotUnderstood) -> None:
        """End the execution of a question that cannot be read, which is sent no more."""
        execution_id = await self._ask(execution_of, sending.interaction_id)
        if execution_id is not None and await self._act(quarantine, execution_id, error):
            await self._ask(outbox.sent, sending.id)

    async def _try(self, sending: Sending, asked: Interaction) -> None:
        name = asked.question.channel_type
        channel = self._channels[name]
        has_link = Inbound.LINK in CHANNELS[name].inbound and link_may_answer(asked)
        link = await self._link(asked, channel) if has_link else None
        facts = {**asked.ids, "channel": name}
        try:
            await channel.send(Message(sending.id, sending.kind, asked, link))
        except DeliveryFailed as error:
            asked_for = min(error.after_seconds, self._longest_wait)
            seconds = max(asked_for, _backoff(sending.attempts))
            await self._ask(outbox.send_again, sending.id, error=error.to_wire(), seconds=seconds)
            DELIVERIES.labels(name, "failed").inc()
            if (cause := error.context.get("cause")) in REASONS:
                secret_refused("delivery", str(cause), owner=asked.owner, **facts)
            _log.warning("delivery.failed", **facts, error=error.message, attempt=sending.attempts)
            return
        await self._act(delivered, asked.id)
        await self._ask(outbox.sent, sending.id)
        DELIVERIES.labels(name, "arrived").inc()
        _log.info("delivery.arrived", **facts, attempt=sending.attempts)

    async def _link(self, asked: Interaction, channel: Channel) -> AnswerLink:
        token = await self._ask(new_link, asked.id, recipient=channel.recipient(asked.question))
        return AnswerLink(f"{self._public_url}/v1/interactions/{asked.id}/answer-by-link", token)

    async def _act(self, call: Callable[..., Result], *arguments: Any) -> Result:
        """Call the engine, one call after the other, without holding up what is on its way."""
        async with self._turn:
            return await asyncio.to_thread(self._call, partial(call, self._engine), *arguments)

    async def _ask(self, call: Callable[..., Result], *arguments: Any, **more: Any) -> Result:
        """Call the ledger, one call after the other, without holding up what is on its way."""
        async with self._turn:
            return await asyncio.to_thread(self._call, call, *arguments, **more)

    def _call(self, call: Callable[..., Result], *arguments: Any, **more: Any) -> Result:
        if self._session is None or self._session.closed:
            self._session = self._open_session()
        return call(self._session, *arguments, **more)

    def _sleep(self, stop: Event, seconds: float) -> None:
        if seconds <= 0 or stop.is_set():
            return
        try:
            if self._client.blpop([OUTBOX_KEY], timeout=seconds):
                self._client.delete(OUTBOX_KEY)
        except redis.RedisError:
            stop.wait(seconds)


def _backoff(attempts: int) -> float:
    most = min(_LAST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 20))
    return most * (0.5 + random.random() / 2)  # noqa: S311 - no secret
