"""Where a redirect leads, and what may be sent there. Pure."""

from __future__ import annotations

from dataclasses import replace

import httpx

from treadle.core.dialer.errors import RedirectNotSafe, UrlNotValid
from treadle.core.dialer.messages import OutgoingRequest

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Statuses with a `Location` to request instead.

_SAME_BODY = frozenset({307, 308})
#: Redirects that repeat the method and the body; the others turn into a GET.

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
#: Never sent to another origin.


def parsed_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse a URL that may be called; relative to `base` if it is not `None`.

    Raises:
        UrlNotValid: it is not absolute http or https, or it carries credentials.
    """
    try:
        parsed = httpx.URL(url) if base is None else base.join(url)
    except (httpx.InvalidURL, ValueError) as exc:
        raise UrlNotValid(f"The URL {url!r} is not valid: {exc}", url=url) from exc
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UrlNotValid(f"The URL {url!r} is not an absolute http or https URL.", url=url)
    if parsed.userinfo:
        raise UrlNotValid("Credentials in a URL end up in logs; use auth or headers.")
    return parsed


def redirect_target(
    status_code: int, headers: tuple[tuple[str, str], ...], request: OutgoingRequest
) -> str | None:
    """Return the target of a redirect; `None` for a response that is to be returned."""
    if status_code not in _REDIRECTS or request.max_redirects == 0:
        return None
    return next((value for name, value in headers if name == "location"), None)


def redirected(
    request: OutgoingRequest, status_code: int, source: httpx.URL, target: httpx.URL
) -> OutgoingRequest:
    """Return the request that a redirect asks for, without secrets for another origin.

    Raises:
        RedirectNotSafe: the body itself is secret.
    """
    request = replace(request, url=str(target))
    if status_code not in _SAME_BODY and request.method not in ("GET", "HEAD"):
        headers = tuple(h for h in request.headers if not h[0].lower().startswith("content-"))
        request = replace(request, method="GET", body=b"", headers=headers, secret_body=False)
    if _same_origin(source, target):
        return request
    if request.secret_body:
        raise RedirectNotSafe(
            f"{source.host} redirects a body that holds a secret to {target.host}.",
            url=str(target),
        )
    dropped = _SECRET_HEADERS | request.secret_headers | {"host"}
    headers = tuple(h for h in request.headers if h[0].lower() not in dropped)
    return replace(request, headers=headers)


def _same_origin(source: httpx.URL, target: httpx.URL) -> bool:
    """Return whether a secret may be sent; from http to https of the same host it may."""
    if source.host != target.host:
        return False
    same = (source.scheme, source.port) == (target.scheme, target.port)
    upgrade = (source.scheme, target.scheme) == ("http", "https")
    return same or (upgrade and source.port is None and target.port is None)
