"""Offers of secrets: who may use which, and where it may be sent. The operator decides.

`TREADLE_OFFERED_SECRETS` is one JSON object, by the secret's name:

    {"SHOP_TOKEN": {"owners": ["ada", "bob"], "hosts": ["api.shop.example"]},
     "TRACKER":    {"owners": "*"}}

It holds no secret, so every process gets it: the gateway refuses workflows by it, and workers look
at it again when a node runs, because offers change. A secret that is not in it is offered to
`local` alone, which is whoever has the ledger anyway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel

from treadle.core.hosts import BoundSecret, Host

#: The account of whoever works straight at the ledger, without a gateway.
LOCAL_OWNER = "local"
#: As an owner: every account.
EVERYBODY = "*"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


def listed(value: Any) -> Any:
    """Return one text as a list of it, anything else as it is: for fields of several."""
    return (value,) if isinstance(value, str) else value


def _hosts(value: Any) -> Any:
    if not isinstance(value, str | list | tuple):
        return value
    return tuple(Host.read(each) if isinstance(each, str) else each for each in listed(value))


class SecretOffer(BaseModel):
    """Who may use a secret, and where it may be sent."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    owners: Annotated[
        tuple[Annotated[str, Field(min_length=1)], ...],
        BeforeValidator(listed),
        Field(min_length=1),
    ]
    """Accounts; `*` is all of them."""
    hosts: Annotated[tuple[Host, ...], BeforeValidator(_hosts), Field(min_length=1)] | None = None
    """The only hosts that it may be sent to; without them any."""


_TO_LOCAL = SecretOffer(owners=(LOCAL_OWNER,))


def _by_capitals(offers: dict[str, SecretOffer]) -> dict[str, SecretOffer]:
    if not all(map(_NAME.match, offers)):
        raise ValueError("a name is none of a secret: use letters, digits and _")
    by_name = {name.upper(): offer for name, offer in offers.items()}
    if len(by_name) < len(offers):
        raise ValueError("two of the secrets differ only in case, which names do not")
    return by_name


class SecretOffers(RootModel[Annotated[dict[str, SecretOffer], AfterValidator(_by_capitals)]]):
    """The offers of all secrets, by name whatever its case."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    def offer(self, name: str) -> SecretOffer:
        """Return how a secret is offered; one that is not listed to `local` alone."""
        return self.root.get(name.upper(), _TO_LOCAL)

    def is_offered(self, name: str, owner: str) -> bool:
        """Return whether an owner's workflows may use a secret."""
        return not {owner, EVERYBODY}.isdisjoint(self.offer(name).owners)

    def bound(self, names: Collection[str]) -> tuple[BoundSecret, ...]:
        """Return those of some secrets that go to certain hosts only."""
        return tuple(
            BoundSecret(name, hosts)
            for name in sorted(names)
            if (hosts := self.offer(name).hosts) is not None
        )

    def listed_for(self, owner: str) -> dict[str, SecretOffer]:
        """Return the listed secrets that an owner may use, by name."""
        found = (name for name in sorted(self.root) if self.is_offered(name, owner))
        return {name: self.root[name] for name in found}


def read_offers(text: str) -> Any:
    """Parse the JSON of the setting; what it holds is checked by `SecretOffers`.

    Raises:
        ValueError: it is no JSON, or names a secret twice.
    """
    try:
        return json.loads(text, object_pairs_hook=_without_repetition)
    except (json.JSONDecodeError, RecursionError):
        raise ValueError("this is no JSON; docs/settings.md has an example") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)
