"""The channel `webhook`: a question is posted to a server, with the link that answers it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field

from treadle.dag.channels.spec import ChannelSpec, Inbound
from treadle.dag.fields import Address, Fixed, SecretName, has_template
from treadle.dag.model import Strict
from treadle.dag.problems import Problem
from treadle.dag.values import Value

#: Names of secrets; the secrets that sign webhooks begin with a prefix that names must not have.
_SECRET_NAME = re.compile(r"(?!whsec_)[A-Za-z_][A-Za-z0-9_]*\Z")


class WebhookFields(Strict):
    """Where a question is posted, and what signs it."""

    webhook_url: Annotated[str, Address(), Field(max_length=8_192)] | None = None
    """`webhook`: where the question is posted, with the link that answers it (no `assignees`)."""
    webhook_secret: Annotated[str | None, Fixed(), SecretName(), Field(max_length=64)] = None
    """`webhook`: the name of the secret that signs it (TREADLE_SECRET_<NAME> of the scheduler).
    It is offered to the owner, and for that address, by TREADLE_OFFERED_SECRETS."""


def _problems(config: Mapping[str, Value]) -> Iterator[Problem]:
    url = config.get("webhook_url")
    if isinstance(url, str) and not url.startswith(("http://", "https://", "{{")):
        message = "It is not an address that can be called."
        yield Problem("webhook_url", "invalid_url", message, "Begin it with https:// or http://.")
    secret = config.get("webhook_secret")
    if isinstance(secret, str) and not has_template(secret) and not _SECRET_NAME.match(secret):
        message = "It is not the name of a secret; the secret itself must not be written here."
        solution = "Set TREADLE_SECRET_<NAME>, and write NAME: letters, digits and _."
        yield Problem("webhook_secret", "invalid_name", message, solution)


WEBHOOK = ChannelSpec(
    "webhook",
    "A server of yours is called.",
    WebhookFields,
    needed=("webhook_url", "webhook_secret"),
    check=_problems,
    is_sent=True,
    inbound=frozenset({Inbound.INBOX, Inbound.LINK}),
)
