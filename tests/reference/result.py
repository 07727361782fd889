"""What an execution must look like when it has ended, and what the order of things decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


class _Any:
    """Stands for a value that the reference does not know, because the order decides it."""

    def __repr__(self) -> str:
        return "ANY"


ANY: Final = _Any()


def known(value: Any) -> Any:
    """A value with null for what is not known, so that an expression can look at the rest."""
    if isinstance(value, Mapping):
        return {key: known(part) for key, part in value.items()}
    if isinstance(value, list):
        return [known(part) for part in value]
    return None if value is ANY else value


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one node in one scope."""

    node_id: str
    scope: str
    status: str
    """`completed`, `failed`, `skipped` or `canceled`."""
    output_key: str | None = None
    output: Any = None
    """What it put out; may hold `ANY`. An Error in it counts by `error_code` alone."""
    error_code: Any = None
    """The reason of a failure; `ANY` where docs/semantics.md names none."""
    certain: bool = True
    """Whether this is what happens whatever the order. If not, the record may also be `canceled`
    or absent, because a failure elsewhere came first."""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an execution."""

    status: str
    """`SUCCESS` or `ERROR`."""
    output: dict[str, Any] | None
    """The leaves of the root scope by node id; `None` unless the status is SUCCESS."""
    records: Mapping[tuple[str, str], Record]
    """By node id and scope."""
    order_dependent: tuple[str, ...] = ()
    """Why this result is one of several right ones; empty if it is the only one."""

    @property
    def certain(self) -> bool:
        """Whether every record is what happens whatever the order."""
        return not self.order_dependent and all(r.certain for r in self.records.values())

    @property
    def counts(self) -> dict[str, int]:
        """Records by status, over all scopes."""
        return dict(Counter(record.status for record in self.records.values()))
