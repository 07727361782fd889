"""Where a redirect leads, and what may be sent there. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace

import httpx

from treadle.core.dialer.errors import RedirectNotSafe, SecretNotForHost, UrlNotValid
from treadle.core.dialer.messages import OutgoingRequest
from treadle.core.hosts import BoundSecret, refusing

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Statuses with a `Location` to request instead.

_SEE_OTHER = 303
#: The redirect that asks for a GET, whatever the method was.

_GET_FOR_POST = frozenset({301, 302})
#: Redirects that turn a POST into a GET, as RFC 9110 permits; all others repeat the method.

_NO_HOST_NAME = re.compile(r"[%\s/\\]|[^\x21-\x7e]")
#: What stands in no name of a host: percent signs are not decoded there.

_LONGEST_NAME, _LONGEST_LABEL = 253, 63
#: Characters of a host's name, and of a part between two dots.

_PORTS = range(1, 65_536)

_DEFAULT_PORTS = {"http": 80, "https": 443}

_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie"})
#: Never sent to another origin.


def parsed_url(url: str, base: httpx.URL | None = None) -> httpx.URL:
    """Parse a URL that may be called; relative to `base` if it is not `None`.

    Raises:
        UrlNotValid: it is not absolute http or https, or it carries credentials.
    """
    try:
        parsed = httpx.URL(url) if base is None else base.join(url)
        host = parsed.host  # decodes a name in Punycode, which may be none
    except (httpx.InvalidURL, ValueError) as exc:
        raise UrlNotValid(f"The URL {url!r} is not valid: {exc}", url=url) from exc
    if parsed.scheme not in ("http", "https") or not host:
        raise UrlNotValid(f"The URL {url!r} is not an absolute http or https URL.", url=url)
    if parsed.userinfo:
        raise UrlNotValid("Credentials in a URL end up in logs; use auth or headers.")
    if parsed.port is not None and parsed.port not in _PORTS:
        raise UrlNotValid(f"The port of {url!r} is not one of 1 to 65,535.", url=url)
    if not _is_host_name(parsed.raw_host.decode("ascii")):
        raise UrlNotValid(f"The host of {url!r} is no name and no address.", url=url)
    return parsed


def _is_host_name(host: str) -> bool:
    """Return whether a host may have addresses: what cannot is not worth another try."""
    if ":" in host:  # IPv6, which the parser has read
        return True
    labels = host.removesuffix(".").split(".")
    fits = len(host) <= _LONGEST_NAME and all(0 < len(each) <= _LONGEST_LABEL for each in labels)
    return fits and _NO_HOST_NAME.search(host) is None


def redirect_target(
    status_code: int, headers: tuple[tuple[str, str], ...], request: OutgoingRequest
) -> str | None:
    """Return the target of a redirect; `None` for a response that is to be returned."""
    if status_code not in _REDIRECTS or request.max_redirects == 0:
        return None
    found = next((value for name, value in headers if name == "location"), None)
    return None if found is None else _as_sent(found)


def _as_sent(location: str) -> str:
    """Read a Location that servers write in UTF-8, though a header's bytes are kept as Latin-1."""
    try:
        return location.encode("latin-1").decode()
    except UnicodeError:
        return location


def redirected(
    request: OutgoingRequest, status_code: int, source: httpx.URL, target: httpx.URL
) -> OutgoingRequest:
    """Return the request that a redirect asks for, without secrets for another origin.

    Only 303, and 301 or 302 to a POST, change the method.

    Raises:
        RedirectNotSafe: the body itself is secret.
    """
    request = replace(request, url=str(target))
    if _becomes_get(status_code, request.method):
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


def check_bound(bound: Collection[BoundSecret], url: httpx.URL, named: str | None = None) -> None:
    """Refuse to send secrets to a host that they are not for.

    Args:
        bound: the secrets that go to certain hosts only.
        url: where the request goes.
        named: the `Host` that it names, which may lead further behind a shared front.

    Raises:
        SecretNotForHost: one may not go there.
        UrlNotValid: `named` is no host.
    """
    if not bound:
        return
    port = url.port or _DEFAULT_PORTS.get(url.scheme)
    there = url if named is None else parsed_url(f"{url.scheme}://{named.strip()}")
    hosts = {url.raw_host.decode("ascii"), there.raw_host.decode("ascii")}
    for host in sorted(hosts):
        if secret := refusing(bound, host, port):
            raise SecretNotForHost(
                f"The secret {secret.name!r} may not be sent to {host}.",
                secret=secret.name,
                solution=f"Call one of its hosts: {', '.join(map(str, secret.hosts))}.",
                host=host,
                hosts=list(map(str, secret.hosts)),
            )


def _becomes_get(status_code: int, method: str) -> bool:
    """Say whether a redirect asks for a GET instead; a DELETE that became one would do nothing."""
    if status_code == _SEE_OTHER:
        return method not in ("GET", "HEAD")
    return status_code in _GET_FOR_POST and method == "POST"


def _same_origin(source: httpx.URL, target: httpx.URL) -> bool:
    """Return whether a secret may be sent; from http to https of the same host it may."""
    if source.host != target.host:
        return False
    same = (source.scheme, source.port) == (target.scheme, target.port)
    upgrade = (source.scheme, target.scheme) == ("http", "https")
    return same or (upgrade and source.port is None and target.port is None)
