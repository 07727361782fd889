"""ACTION.HTTP_REQUEST: one call to another system."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from treadle.dag.fields import Address, SecretCapable
from treadle.dag.model import Strict
from treadle.dag.problems import Problem
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Config, Lane, NodeSpec

Status = Annotated[int, Field(ge=100, le=599)]

#: Default limit of a response, in bytes: the size limit of a payload.
RESPONSE_BYTES = 10 * 1024 * 1024


class Auth(Strict):
    """How a request is authenticated."""

    type: Literal["none", "basic", "bearer", "api_key"] = "none"
    """Which of the methods below."""
    username: str | None = None
    """`basic`."""
    password: str | None = None
    """`basic`."""
    token: str | None = None
    """`bearer`."""
    key: str | None = None
    """`api_key`: the name of the header or query parameter."""
    value: str | None = None
    """`api_key`: its value."""
    place: Literal["header", "query"] = "header"
    """`api_key`: where it is sent."""


AUTH_NEEDS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "basic": ("username", "password"),
    "bearer": ("token",),
    "api_key": ("key", "value"),
}


class HttpRequest(Configuration):
    """One request and its response."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] = "GET"
    """The request's method."""
    url: Annotated[str, Address(), Field(min_length=1, max_length=8_192)]
    """The address, http or https. A private address must be one that the operator allows."""
    headers: Annotated[dict[str, str], SecretCapable()] = Field(default_factory=dict)
    """Sent unchanged. All methods but GET, HEAD and OPTIONS also send an `Idempotency-Key`."""
    query_params: Annotated[dict[str, Any], SecretCapable()] = Field(default_factory=dict)
    """A list becomes a repeated parameter; null leaves a parameter out."""
    body: Annotated[Any, SecretCapable()] = None
    """What is sent, as `body_type` says; null sends nothing."""
    body_type: Literal["json", "form", "raw", "none", "multipart"] = "json"
    """How the body is encoded."""
    auth: Annotated[Auth, SecretCapable()] = Auth()
    """`type`: none, basic, bearer or api_key, and the fields that it needs."""
    follow_redirects: bool = True
    """Whether a redirect is followed; secrets do not travel to another origin. Only 303, and 301 or
    302 to a POST, become a GET; others repeat method and body."""
    max_redirects: int = Field(default=5, ge=0, le=20)
    """Redirects followed before the call fails."""
    accept_status: list[Status] = Field(default_factory=list, max_length=500)
    """Statuses from 400 on that are not failures. Of the others, 408, 425, 429, 500, 502, 503 and
    504 are retried, and any that comes with a valid `Retry-After`."""
    max_response_bytes: int = Field(default=RESPONSE_BYTES, ge=1, le=RESPONSE_BYTES)
    """Size limit of the response, after decompression; a larger one fails the call. If body and
    json together are larger than a payload, body is null."""


def _auth_needs(config: Config) -> Iterator[Problem]:
    auth = config.get("auth")
    kind = auth.get("type") if isinstance(auth, dict) else None
    for name in AUTH_NEEDS.get(kind, ()) if isinstance(kind, str) else ():
        if auth is not None and auth.get(name) is None:
            message = f"`{kind}` authentication needs `{name}`."
            yield Problem(name, "missing", message, f"Add `{name}`.").under("auth")


HTTP_REQUEST = NodeSpec(
    "ACTION",
    "HTTP_REQUEST",
    "Sends an HTTP request; a status from 400 on is a failure unless accepted.",
    HttpRequest,
    Lane.ASYNC,
    check=_auth_needs,
    puts_out="result: {status_code, headers, url, body, json}",
    example={
        "method": "GET",
        "url": "https://example.org/orders/{{ input.id }}",
        "headers": {"Authorization": "Bearer {{ secrets.shop }}"},
    },
)
