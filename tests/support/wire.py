"""Objects of the wire as whoever reads the JSON has them."""

from __future__ import annotations

from typing import Any

from treadle.dag.values import loads
from treadle.wire.objects import to_json


def written(thing: object) -> Any:
    """Return an object, or a list of some, as its JSON says it."""
    return loads(to_json(thing))
