"""Which class sends by which channel: each module of this package says it of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from treadle.core.dialer import Dialer
from treadle.core.discovery import import_modules
from treadle.core.secret_offers import SecretOffers
from treadle.dag.channels import ChannelSpec
from treadle.hil.channels.channel import Channel

_TO_LOCAL = SecretOffers({})


@dataclass(frozen=True, slots=True)
class Services:
    """What a process gives to the classes that send."""

    open_dialer: Callable[[], Dialer]
    """Opens a way out to addresses that an author chose; whoever opens one closes it."""
    secrets: Mapping[str, str]
    """By name in capitals."""
    offers: SecretOffers = _TO_LOCAL
    """To whose workflows they are offered, and where they may go."""


Factory: TypeAlias = Callable[[Services], Channel]

_Factory = TypeVar("_Factory", bound=Factory)

_FACTORIES: dict[str, Factory] = {}


def sends_by(spec: ChannelSpec[Any]) -> Callable[[_Factory], _Factory]:
    """Mark the class, made out of `Services`, that sends questions by a channel."""
    assert spec.is_sent, f"{spec.name} says that nothing is sent by it: is_sent in its ChannelSpec"

    def register(factory: _Factory) -> _Factory:
        _FACTORIES[spec.name] = factory
        return factory

    return register


def senders(services: Services) -> Mapping[str, Channel]:
    """Return what sends in this process, by the name of the channel."""
    import_modules(__package__)
    return {name: make(services) for name, make in _FACTORIES.items()}
