"""What is asked of a gateway, as values: built and judged here, sent by the clients."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from treadle.core.ids import new_id
from treadle.core.retry_after import retry_after

#: Tries of a request in all, and the longest seconds before the second; each further doubles it.
TRIES = 5
_FIRST_PAUSE_SECONDS = 0.5
#: Seconds that a `Retry-After` can ask for; who wants more is not waited for.
LONGEST_PAUSE_SECONDS = 60.0
_STEP = re.compile(r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|(\w+)')


@runtime_checkable
class Document(Protocol):
    """What can be written as a definition, such as a `treadle.Workflow`."""

    def to_json(self) -> dict[str, Any]:
        """Return the definition."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request; sent again under the same key it does nothing twice."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    key: str | None = None
    """The idempotency key."""

    @property
    def headers(self) -> dict[str, str]:
        """What it says beside its body."""
        return {"Idempotency-Key": self.key} if self.key else {}


def get(path: str, **query: Any) -> Request:
    """Return a request that reads; what is `None` is not asked for."""
    asked = {name: str(each) for name, each in query.items() if each is not None}
    return Request("GET", path, asked)


def begin(path: str, body: Any, key: str | None) -> Request:
    """Return a request that begins something, once under its key."""
    return Request("POST", path, body=body, key=key or new_id().hex)


def execution_of(what: Any, version: int | None) -> dict[str, Any]:
    """Return what a new execution runs: a definition, or a stored workflow by its id."""
    if isinstance(what, str):
        return {"workflow_id": what, **({"version": version} if version is not None else {})}
    return {"workflow": definition_of(what)}


def definition_of(what: Any) -> Mapping[str, Any]:
    """Return a definition as JSON."""
    return what.to_json() if isinstance(what, Document) else what


def without_none(**members: Any) -> dict[str, Any]:
    """Return members that are something."""
    return {name: each for name, each in members.items() if each is not None}


def pause_before(trial: int, headers: Mapping[str, str]) -> float:
    """Return the seconds before a request is sent again: as it is asked for, else ever longer."""
    asked = retry_after(headers.get("Retry-After"), datetime.now(UTC))
    if asked is not None:
        return asked.total_seconds()
    longest: float = _FIRST_PAUSE_SECONDS * 2**trial
    return longest / 2 + random.random() * longest / 2  # noqa: S311 - no secret, to spread them


def place_in(document: Any, path: str) -> tuple[Any, str | int]:
    """Return what holds a place of a document, and the last step to it."""
    *steps, last = _steps(path)
    for step in steps:
        document = document[step]
    return document, last


def _steps(path: str) -> Iterator[str | int]:
    for index, quoted, plain in _STEP.findall(path):
        yield int(index) if index else json.loads(quoted) if quoted else plain


def id_of(thing: UUID | str) -> str:
    """Return an id as it stands in a path.

    Raises:
        ValueError: it is none.
    """
    return str(thing if isinstance(thing, UUID) else UUID(thing))
