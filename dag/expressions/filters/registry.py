"""Every plain filter, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from treadle.dag.expressions.filters import (
    dates,
    encodings,
    numbers,
    objects,
    regex,
    sequences,
    text,
)
from treadle.dag.expressions.operations import Operation

FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        **sequences.FILTERS,
        **objects.FILTERS,
        **numbers.FILTERS,
        **text.FILTERS,
        **encodings.FILTERS,
        **dates.FILTERS,
        **regex.FILTERS,
    }
)
"""By name and alias."""
