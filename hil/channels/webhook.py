"""The webhook channel: a question is posted to a server, signed by Standard Webhooks."""

from __future__ import annotations

import binascii
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from treadle.core.dialer import DialerError, OutgoingRequest
from treadle.core.retry_after import retry_after
from treadle.dag.channels.webhook import WEBHOOK, WebhookFields
from treadle.dag.questions import Question
from treadle.hil.channels.channel import DeliveryFailed, Message
from treadle.hil.channels.sender import Services, sends_by
from treadle.ledger.engine.interactions import MessageKind
from treadle.wire.objects import members, to_json

#: Time that a receiver has to take a message.
_TIMEOUT = timedelta(seconds=10)
#: Bytes of an answer that are read: nothing in it is needed.
_ANSWER_BYTES = 64 * 1024
#: Characters of a refusal that the record quotes.
_SHOWN = 500

_TYPES: Mapping[str, str] = {
    MessageKind.ASK: "interaction.asked",
    MessageKind.WARN: "interaction.due_soon",
}


@sends_by(WEBHOOK)
class WebhookChannel:
    """Posts to `webhook_url`, signed with the secret that `webhook_secret` names."""

    def __init__(self, services: Services) -> None:
        self._dialer = services.open_dialer()
        self._secrets, self._offers = services.secrets, services.offers

    def recipient(self, question: Question) -> str:
        return str(WEBHOOK.configured(question).webhook_url).partition("?")[0]

    async def send(self, message: Message) -> None:
        at = datetime.now(UTC)
        request = self._request(message, at)
        try:
            answer = await self._dialer.send(request)
        except DialerError as error:
            raise DeliveryFailed(error.message, cause=error.reason, **error.context) from error
        if not 200 <= answer.status_code < 300:
            wait = retry_after(dict(answer.headers).get("retry-after"), at)
            raise DeliveryFailed(
                f"{request.url} answered {answer.status_code}.",
                after_seconds=wait.total_seconds() if wait else 0.0,
                status=answer.status_code,
                body=answer.body[:_SHOWN].decode(errors="replace"),
            )

    async def aclose(self) -> None:
        await self._dialer.aclose()

    def _request(self, message: Message, at: datetime) -> OutgoingRequest:
        fields, link = WEBHOOK.configured(message.asked.question), message.link
        body = to_json(
            {
                "type": _TYPES[message.kind],
                "timestamp": at.isoformat(timespec="milliseconds"),
                "data": {
                    **members(message.asked.to_wire()),
                    "answer_link": asdict(link) if link else None,
                },
            }
        )
        return OutgoingRequest(
            "POST",
            str(fields.webhook_url),
            headers=(
                ("Content-Type", "application/json"),
                ("webhook-id", str(message.id)),
                ("webhook-timestamp", str(int(at.timestamp()))),
                (
                    "webhook-signature",
                    self._signature(fields, message, at, body),
                ),
            ),
            body=body,
            timeout=_TIMEOUT,
            max_response_bytes=_ANSWER_BYTES,
            max_redirects=0,
            secret_body=True,
            bound=self._offers.bound([str(fields.webhook_secret)]),
        )

    def _signature(self, fields: WebhookFields, message: Message, at: datetime, body: bytes) -> str:
        name, owner = str(fields.webhook_secret), message.asked.owner
        if not self._offers.is_offered(name, owner):
            raise DeliveryFailed(
                f"The secret {name!r} is not offered to {owner!r}: the operator may add the account"
                " to its `owners` in TREADLE_OFFERED_SECRETS.",
                cause="secret_not_offered",
            )
        secret = self._secrets.get(name.upper())
        if secret is None:
            raise DeliveryFailed(
                f"There is no secret {name!r} to sign with: set TREADLE_SECRET_{name.upper()} for "
                "the scheduler.",
                cause="secret_not_found",
            )
        try:
            return Webhook(secret).sign(str(message.id), at, body.decode())
        except (binascii.Error, EmptyWebhookSecretError) as error:
            raise DeliveryFailed(
                f"The secret {name!r} is not base64, as Standard Webhooks has it.",
                cause="secret_not_usable",
            ) from error
