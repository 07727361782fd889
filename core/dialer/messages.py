"""A request and a response, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from treadle.core.hosts import BoundSecret


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One HTTP request, complete."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout: timedelta = timedelta(seconds=30)
    """For the whole exchange: from resolving the name to the last byte of the response."""
    max_response_bytes: int = 10 * 1024 * 1024
    max_redirects: int = 5
    """0 returns the redirect itself as the response."""
    secret_headers: frozenset[str] = frozenset()
    """Lower-case names that are not sent to other origins, besides the well-known ones."""
    secret_body: bool = False
    """The body holds a secret: a redirect that repeats it to another origin is an error."""
    bound: tuple[BoundSecret, ...] = ()
    """The secrets that it was made of and that may go to certain hosts only: every host on its way,
    redirects included, is one of each."""


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """A complete response within its limits; the caller judges its status."""

    status_code: int
    headers: tuple[tuple[str, str], ...]
    """In the order of arrival, names in lower case."""
    url: str
    """The URL that answered: the last one of a chain of redirects."""
    body: bytes
    """Decompressed if it was gzip, else as received."""
    redirects: tuple[str, ...] = field(default=())
    """The URLs that redirected the request, in order."""
