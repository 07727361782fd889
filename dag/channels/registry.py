"""Which channels there are: every `ChannelSpec` that a module of this package defines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from treadle.core.discovery import defined_in, import_modules
from treadle.dag.channels.in_app import IN_APP
from treadle.dag.channels.spec import ChannelSpec
from treadle.dag.model import Strict

#: Modules of this package that define no channel.
_MACHINERY = frozenset({"planned", "registry", "spec"})

CHANNELS: Mapping[str, ChannelSpec[Any]] = MappingProxyType(
    {
        each.name: each
        for each in defined_in(import_modules(__package__, without=_MACHINERY), ChannelSpec)
    }
)
"""Every channel that this release has, by name."""

DEFAULT_CHANNEL = IN_APP.name
"""How a question is asked that does not say how."""

if TYPE_CHECKING:
    ChannelType: TypeAlias = str

    class ChannelFields(Strict):
        """What a type checker knows of the fields of all channels: nothing."""

else:
    ChannelType = Literal[tuple(CHANNELS)]
    _MODELS = dict.fromkeys(each.fields for each in reversed(CHANNELS.values()))

    class ChannelFields(*(each for each in _MODELS if each is not Strict), Strict):
        """The fields that belong to single channels, of all of them."""


def is_sent(channel_type: str) -> bool:
    """Return whether questions of a channel go to the outbox; so do those of an unknown one.

    A process of another release may have a channel that this one has not.
    """
    spec = CHANNELS.get(channel_type)
    return spec is None or spec.is_sent
