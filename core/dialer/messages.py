"""A request and an answer, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """One HTTP request, complete."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout: timedelta = timedelta(seconds=30)
    """For the whole exchange: resolving, redirects and the last byte of the answer."""
    max_response_bytes: int = 10 * 1024 * 1024
    max_redirects: int = 5
    """0 hands the redirect itself back as the answer."""
    secret_headers: frozenset[str] = frozenset()
    """Lower-case names that are kept from other origins, beside the well-known ones."""
    secret_body: bool = False
    """The body holds a secret: a redirect that repeats it to another origin is an error."""


@dataclass(frozen=True, slots=True)
class OutgoingResponse:
    """An answer, complete and within its limits; whether its status is good is the caller's."""

    status_code: int
    headers: tuple[tuple[str, str], ...]
    """In the order of arrival, names in lower case."""
    url: str
    """What answered: the last URL of a chain of redirects."""
    body: bytes
    """Decompressed if it came as gzip, else as it came."""
    redirects: tuple[str, ...] = field(default=())
    """The URLs that sent the request on, in order."""
