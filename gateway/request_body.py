"""Bodies: read under limits of size, time and depth, as JSON that Treadle can store."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from anyio import fail_after
from anyio.to_thread import run_sync
from starlette.requests import Request

from treadle.core.errors import TreadleError
from treadle.dag.limits import REQUEST
from treadle.dag.validation.reading import Unreadable, read
from treadle.dag.validation.report import Report
from treadle.dag.values import Value
from treadle.gateway.errors import RequestInvalid

#: Bytes of a body.
BODY_LIMIT_BYTES = REQUEST.definition_bytes
#: Lists and objects inside one another: a definition of the greatest depth, in a request.
DEPTH_LIMIT = REQUEST.depth
#: Seconds that a body may take from its first byte to its last.
BODY_SECONDS = 20.0
#: Bytes from which a body is parsed in a thread, so that others are answered meanwhile.
_PARSED_ASIDE_BYTES = 32 * 1024


class RequestTooLarge(TreadleError):
    """The body is larger than the limit."""

    reason: ClassVar[str] = "request_too_large"
    solution: ClassVar[str] = "Pass a reference to the data, or split it over several requests."


class RequestTooSlow(TreadleError):
    """The body did not arrive in time."""

    reason: ClassVar[str] = "request_too_slow"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Send the whole body without pauses."


class NotJson(TreadleError):
    """The body is not JSON."""

    reason: ClassVar[str] = "not_json"
    solution: ClassVar[str] = "Send one JSON object, in UTF-8."


class NotJsonContent(TreadleError):
    """The request's `Content-Type` is not JSON."""

    reason: ClassVar[str] = "not_json_content"
    solution: ClassVar[str] = "Send `Content-Type: application/json`."


class BoundedRequest(Request):
    """A request whose body is read under limits."""

    async def body(self) -> bytes:
        """Return the body.

        Raises:
            NotJsonContent, RequestTooLarge, RequestTooSlow
        """
        if not hasattr(self, "_body"):
            if int(self.headers.get("content-length") or 0) > BODY_LIMIT_BYTES:
                raise _too_large()
            try:
                with fail_after(BODY_SECONDS):
                    self._body = await self._bounded()
            except TimeoutError:
                raise RequestTooSlow(
                    f"The body took longer than {BODY_SECONDS:.0f} s.", limit_seconds=BODY_SECONDS
                ) from None
            if self._body and not _is_json(self.headers.get("content-type", "")):
                raise NotJsonContent("The request's `Content-Type` is not JSON.")
        return self._body

    async def json(self) -> Value:
        """Return the parsed body, with every number as it was written.

        Raises:
            NotJson, RequestInvalid
        """
        if not hasattr(self, "_json"):
            body = await self.body()
            aside = len(body) >= _PARSED_ASIDE_BYTES
            self._json = await run_sync(parsed, body) if aside else parsed(body)
        return self._json

    async def _bounded(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in self.stream():
            size += len(part)
            if size > BODY_LIMIT_BYTES:
                raise _too_large()
            parts.append(part)
        return b"".join(parts)


def parsed(body: bytes) -> dict[str, Any]:
    """Parse a body: an object, not too deep, without numbers that would be rounded.

    Raises:
        NotJson: it is not JSON.
        RequestInvalid: `problems` has the places.
    """
    report = Report(REQUEST.problems)
    try:
        document = read(body, REQUEST, report)
    except Unreadable as error:
        problem = error.problem
        if problem.reason == "not_json":
            raise NotJson(problem.message, solution=problem.solution) from None
        if problem.reason == "wrong_type":
            raise RequestInvalid("The body must be an object.", problems=[]) from None
        raise RequestInvalid(problem.message, problems=[asdict(problem)]) from None
    if report.problems:
        first = report.problems[0]
        raise RequestInvalid(
            f"{first.path}: {first.message}", problems=[asdict(each) for each in report.problems]
        )
    return document


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _too_large() -> RequestTooLarge:
    return RequestTooLarge(
        f"The body is larger than {BODY_LIMIT_BYTES:,} bytes.", limit_bytes=BODY_LIMIT_BYTES
    )
