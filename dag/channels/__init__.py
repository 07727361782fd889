"""Channels: how a question reaches people and how answers come back, one declarative value each.

A `ChannelSpec` says what `channel_type` names: the configuration fields that belong to it, what it
can carry, whether questions are sent by it, and by which ways answers come. From this derive what
`channel_type` may be (validation, JSON Schema, the gateway's documentation), the fields of a
question and of the nodes that ask, the labels of metrics, and whether a question goes to the
outbox.

    spec        what is said of a channel
    registry    which channels there are: every spec that a module of this package defines
    planned     names that are known, and refused as not available

To add a channel: its spec in a module here, and in `hil/channels/` the class that sends by it; one
whose questions are looked for needs none. CONTRIBUTING.md shows both.
"""

from treadle.dag.channels.planned import PLANNED
from treadle.dag.channels.registry import (
    CHANNELS,
    DEFAULT_CHANNEL,
    ChannelFields,
    ChannelType,
    is_sent,
)
from treadle.dag.channels.spec import ChannelSpec, Inbound

__all__ = [
    "CHANNELS",
    "DEFAULT_CHANNEL",
    "PLANNED",
    "ChannelFields",
    "ChannelSpec",
    "ChannelType",
    "Inbound",
    "is_sent",
]
