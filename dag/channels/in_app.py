"""The channel `in_app`: a question is there as soon as it is asked, for whoever looks."""

from __future__ import annotations

from treadle.dag.channels.spec import ChannelSpec
from treadle.dag.model import Strict

IN_APP = ChannelSpec(
    "in_app",
    "People look: over the API, or with `treadle inbox`.",
    Strict,
)
