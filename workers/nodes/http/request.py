"""ACTION.HTTP_REQUEST: one request through the dialer, and what its answer means."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import structlog

from treadle.core.dialer import DialerError, OutgoingRequest, OutgoingResponse
from treadle.core.dialer.errors import AnswerNotReadable
from treadle.core.errors import TreadleError
from treadle.core.retry_after import retry_after
from treadle.core.traces import traces_of
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs.http import HTTP_REQUEST, Auth, HttpRequest
from treadle.dag.values import Value, dumps
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.http.body import decoded, encoded, query, with_boundary
from treadle.workers.nodes.implementation import Services, makes
from treadle.workers.secrets import masked_traceback, operator_keys

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Methods that change nothing; the others carry an `Idempotency-Key`.

_WORTH_REPEATING = frozenset({408, 425, 429, 500, 502, 503, 504})
#: Statuses after which the same request may succeed: too early, too many, or a server in trouble.
#: Not 409: a conflict stands until somebody resolves it. Not 501 and 505: they are for good.

_BODY_SHOWN = 1_000
#: Characters of a failed answer's body that its error quotes.


_log = structlog.get_logger()


class StatusNotAccepted(TreadleError):
    """The server answered with a status of 400 or above that is not accepted."""

    reason = "http_status_not_accepted"
    solution = (
        "Read the response in the context; if the status is expected, list it in `accept_status`."
    )


@makes(HTTP_REQUEST)
def http_request(services: Services) -> Callable[[Attempt], Awaitable[Completed | Failed]]:
    """Return the implementation that sends through the process's dialer."""
    dialer, keys = services.dialer, operator_keys(services.settings)
    offers = services.settings.offered_secrets

    async def run(attempt: Attempt) -> Completed | Failed:
        config = attempt.config
        assert isinstance(config, HttpRequest)
        details: dict[str, Value] = {"endpoint": config.url, "method": config.method}
        try:
            bound = offers.bound(attempt.node.secrets)
            response = await dialer.send(replace(request_of(attempt, config), bound=bound))
        except DialerError as exc:
            return Failed(exc.to_wire(), details=details)
        details["status"] = response.status_code
        secrets = (attempt.variables.get("secrets") or {}).values()
        try:
            return _outcome(config, response, details, traces_of((*secrets, *keys)).masked)
        except Exception as error:  # noqa: BLE001 - the edge: what came cannot repeat the call
            _log.error(
                "attempt.crashed",
                execution_id=attempt.execution_id,
                node_id=attempt.node.id,
                scope=attempt.scope,
                exception=masked_traceback(error, (*secrets, *keys)),
            )
            failed = AnswerNotReadable(f"The answer cannot be read: {type(error).__name__}.")
            return Failed(failed.to_wire(), details=details)

    return run


def request_of(attempt: Attempt, config: HttpRequest) -> OutgoingRequest:
    """Write the request that a configuration describes."""
    body = encoded(config.body, config.body_type)
    auth_headers, auth_fields = _credentials(config.auth)
    fields = query({**config.query_params, **auth_fields})
    headers = {"User-Agent": "treadle", "Accept": "*/*"}
    if body.content_type:
        headers["Content-Type"] = body.content_type
    if config.method not in _SAFE_METHODS:
        headers["Idempotency-Key"] = attempt.idempotency_key(0)
    secret = _Secrets(attempt)
    own = {name.lower() for name in config.headers}
    return OutgoingRequest(
        method=config.method,
        url=_with_query(config.url, fields),
        headers=(
            *((name, value) for name, value in headers.items() if name.lower() not in own),
            *with_boundary(config.headers, body).items(),
            *auth_headers.items(),
        ),
        body=body.content,
        timeout=_time_left(attempt, config),
        max_response_bytes=config.max_response_bytes,
        max_redirects=config.max_redirects if config.follow_redirects else 0,
        secret_headers=frozenset((*secret.headers(config), *map(str.lower, auth_headers))),
        secret_body=secret.body(config),
    )


class _Secrets:
    """Finds the secrets that an attempt used in what it is about to send.

    A template that names a secret makes a secret, whatever it derives from it; a value that holds
    one is one, wherever it came from.
    """

    def __init__(self, attempt: Attempt) -> None:
        self._headers = attempt.node.node.configurations.get("headers")
        body = attempt.node.configurations.templates.get("body")
        self._body_names_secrets = body is not None and bool(body.secrets)
        known = attempt.variables.get("secrets") or {}
        used = (known.get(name) for name in attempt.node.secrets)
        self._values = [value for value in used if isinstance(value, str) and value]

    def headers(self, config: HttpRequest) -> Iterator[str]:
        """Yield the names of the headers that are secret, in lower case."""
        written = self._headers
        for name, value in config.headers.items():
            template = written.get(name) if isinstance(written, dict) else written
            if _names_secrets(template) or self.inside(value):
                yield name.lower()

    def body(self, config: HttpRequest) -> bool:
        """Say whether the body is secret."""
        return self._body_names_secrets or self.inside(config.body)

    def inside(self, value: Value) -> bool:
        """Say whether a value holds a secret, in any of its texts."""
        if isinstance(value, str):
            return any(secret in value for secret in self._values)
        if isinstance(value, dict):
            return any(self.inside(part) for part in value.values())
        if isinstance(value, list):
            return any(self.inside(part) for part in value)
        return False


def _names_secrets(written: Value) -> bool:
    """Say whether a text as the author wrote it has a template that may name a secret."""
    return isinstance(written, str) and "{{" in written and "secrets" in written


def _credentials(auth: Auth) -> tuple[dict[str, str], dict[str, Value]]:
    """Return the headers and the query parameters that say who sends the request."""
    match auth.type:
        case "basic":
            pair = f"{auth.username}:{auth.password}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}, {}
        case "bearer":
            return {"Authorization": f"Bearer {auth.token}"}, {}
        case "api_key" if auth.key and auth.place == "header":
            return {auth.key: auth.value or ""}, {}
        case "api_key" if auth.key:
            return {}, {auth.key: auth.value}
        case _:
            return {}, {}


def _with_query(url: str, fields: str) -> str:
    """Add parameters to a URL that may have some, before its fragment."""
    if not fields:
        return url
    address, mark, fragment = url.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{fields}{mark}{fragment}"


def _time_left(attempt: Attempt, config: HttpRequest) -> timedelta:
    return min(
        timedelta(seconds=config.timeout),
        timedelta(seconds=max(0.0, attempt.deadline - time.monotonic())),
    )


def _outcome(
    config: HttpRequest,
    response: OutgoingResponse,
    details: dict[str, Value],
    clean: Callable[[str], str],
) -> Completed | Failed:
    headers = _as_object(response.headers)
    output = {
        "status_code": response.status_code,
        "headers": headers,
        "url": response.url,
        **decoded(response.body, headers.get("content-type")),
    }
    if response.status_code < 400 or response.status_code in config.accept_status:
        return Completed(output, details=details)
    wait = retry_after(headers.get("retry-after"), datetime.now(UTC))
    error = StatusNotAccepted(
        f"{config.method} {response.url} answered {response.status_code}.",
        status=response.status_code,
        url=response.url,
        body=clean(_text_of(output))[:_BODY_SHOWN],
    )
    # A server that says when to come back says that coming back helps, whatever the status.
    again = response.status_code in _WORTH_REPEATING or wait is not None
    return Failed(error.to_wire() | {"is_retryable": again}, wait, details)


def _text_of(output: dict[str, Value]) -> str:
    body = output["body"]
    return body if isinstance(body, str) else dumps(output["json"]).decode()


def _as_object(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Return headers by name; values of one name joined by commas, cookies by line breaks."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joint = "\n" if name == "set-cookie" else ", "
        joined[name] = f"{joined[name]}{joint}{value}" if name in joined else value
    return joined
