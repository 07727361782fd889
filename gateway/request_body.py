"""Bodies: read under limits of size, time and depth, as JSON that Treadle can store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from anyio import CapacityLimiter, fail_after
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from treadle.core.errors import TreadleError
from treadle.dag.limits import REQUEST
from treadle.dag.validation.reading import Unreadable, read
from treadle.dag.validation.report import Report
from treadle.dag.values import Value
from treadle.gateway.errors import RequestInvalid
from treadle.gateway.value_budget import ValueBudget

#: Bytes of a body.
BODY_LIMIT_BYTES = REQUEST.definition_bytes
#: Lists and objects inside one another: a definition of the greatest depth, in a request.
DEPTH_LIMIT = REQUEST.depth
#: Seconds that a body may take from its first byte to its last.
BODY_SECONDS = 20.0
#: Bytes from which a body is parsed in a thread, so that others are answered meanwhile.
_PARSED_ASIDE_BYTES = 32 * 1024
#: Bodies that are parsed aside at one time: more would be no faster, and would take more memory.
_parsing = CapacityLimiter(2)


@dataclass(frozen=True, slots=True)
class BodyLimits:
    """How large a body may be."""

    bytes: int
    budget: ValueBudget


#: Bodies of callers that have a key.
OF_KEYED = BodyLimits(BODY_LIMIT_BYTES, ValueBudget(values=1_000_000, containers=250_000))


class RequestTooLarge(TreadleError):
    """The body has more bytes, or more values, than the limit."""

    reason: ClassVar[str] = "request_too_large"
    solution: ClassVar[str] = "Pass a reference to the data, or split it over several requests."


class RequestTooSlow(TreadleError):
    """The body did not arrive in time."""

    reason: ClassVar[str] = "request_too_slow"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Send the whole body without pauses."


class RequestCut(TreadleError):
    """The client ended its connection before the body was complete."""

    reason: ClassVar[str] = "request_cut"
    solution: ClassVar[str] = "Send as many bytes as `Content-Length` says."


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

    def __init__(self, scope: Scope, receive: Receive, limits: BodyLimits = OF_KEYED) -> None:
        super().__init__(scope, receive)
        self._limits = limits

    async def body(self) -> bytes:
        """Return the body.

        Raises:
            NotJsonContent, RequestCut, RequestTooLarge, RequestTooSlow
        """
        if not hasattr(self, "_body"):
            if int(self.headers.get("content-length") or 0) > self._limits.bytes:
                raise _too_large(self._limits)
            try:
                with fail_after(BODY_SECONDS):
                    self._body = await self._bounded()
            except ClientDisconnect:
                raise RequestCut("The connection ended before the body did.") from None
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
            NotJson, RequestInvalid, RequestTooLarge
        """
        if not hasattr(self, "_json"):
            body = await self.body()
            if self._limits.budget.exceeded_by(body):
                raise _too_many_values(self._limits.budget)
            aside = len(body) >= _PARSED_ASIDE_BYTES
            self._json = await run_sync(parsed, body, limiter=_parsing) if aside else parsed(body)
        return self._json

    async def _bounded(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in self.stream():
            size += len(part)
            if size > self._limits.bytes:
                raise _too_large(self._limits)
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


def _too_large(limits: BodyLimits) -> RequestTooLarge:
    return RequestTooLarge(
        f"The body is larger than {limits.bytes:,} bytes.", limit_bytes=limits.bytes
    )


def _too_many_values(budget: ValueBudget) -> RequestTooLarge:
    return RequestTooLarge(
        f"The body has more than {budget.values:,} values, or more than {budget.containers:,} "
        "lists and objects.",
        limit_values=budget.values,
        limit_containers=budget.containers,
    )
