"""What comes back from the address of a gateway: objects, errors, or what no gateway answers."""

from __future__ import annotations

from typing import Any, ClassVar

import httpx
from pydantic import ValidationError

from treadle.client.errors import Refused, family_of
from treadle.core.errors import TreadleError
from treadle.monitoring.server import SERVER_NAME
from treadle.wire.errors import WireError
from treadle.wire.objects import Object, read

#: How to fix a refusal here, where that differs from what whoever writes requests does.
_SOLUTIONS = {
    "key_missing": "Set TREADLE_API_KEY; `treadle keys create` makes a key where the gateway runs.",
    "key_invalid": "Set TREADLE_API_KEY to a key that `treadle keys list` shows as usable there.",
    "route_not_found": (
        "Set TREADLE_SERVER to the gateway's address alone, without /v1 or another path."
    ),
}
#: What httpx says of an answer that does not come, or not to its end.
_BROKEN_OFF = ("disconnected", "peer closed")
#: Characters of a server's name that a message shows.
_NAME_SHOWN = 60


class GatewayUnreachable(TreadleError):
    """The gateway at `TREADLE_SERVER` does not answer."""

    reason: ClassVar[str] = "gateway_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Check TREADLE_SERVER, and that a `treadle gateway` runs there."


class NoGateway(TreadleError):
    """What answers at `TREADLE_SERVER` is no gateway of Treadle."""

    reason: ClassVar[str] = "gateway_not_found"
    solution: ClassVar[str] = (
        "Set TREADLE_SERVER to a gateway: with `treadle up` the address that it prints as API, "
        "http://127.0.0.1:8000 if no ports were chosen."
    )


class GatewayDiffers(TreadleError):
    """The gateway answered what this release cannot read."""

    reason: ClassVar[str] = "gateway_differs"
    solution: ClassVar[str] = (
        "Use the `treadle` of the gateway's release, or set TREADLE_SERVER to another gateway."
    )


def unreachable(error: Exception, server: str) -> TreadleError:
    """Return the error of a request that got no answer, or none in HTTP."""
    no_http = isinstance(error, httpx.DecodingError | httpx.RemoteProtocolError)
    # A gateway that is ended in the middle of a request breaks off as well.
    if no_http and not any(each in str(error) for each in _BROKEN_OFF):
        return NoGateway(f"What answers at {server} does not speak HTTP as a gateway does: {error}")
    return GatewayUnreachable(f"The gateway at {server} cannot be reached: {error}")


def document_of(response: httpx.Response) -> Any:
    """Return what a gateway answers.

    Raises:
        Refused: with the gateway's own reason, message and solution.
        GatewayUnreachable: something before the gateway says that it is away.
        NoGateway: the answer is none of a gateway.
    """
    if response.headers.get("Server", "").startswith(SERVER_NAME):
        raise NoGateway(
            f"{response.url} is answered by the health port of a worker, planner or scheduler, "
            "not by a gateway."
        )
    if response.is_error:
        raise _refused(response)
    try:
        if response.is_success:
            return response.json()
    except ValueError:
        pass
    raise _no_gateway(response)


def object_of(kind: type[Object], document: Any) -> Object:
    """Return what the gateway has answered; what only a newer one tells is kept in it.

    Raises:
        GatewayDiffers: it is not what a gateway of this release answers.
    """
    try:
        return read(kind, document)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        raise GatewayDiffers(f"The gateway answers {where}: {first['msg']}.") from error


def member_of(document: Any, name: str) -> Any:
    """Return a member of what the gateway has answered.

    Raises:
        GatewayDiffers: it has none.
    """
    if not isinstance(document, dict) or name not in document:
        raise GatewayDiffers(f"The gateway answers without {name}.")
    return document[name]


def _refused(response: httpx.Response) -> TreadleError:
    try:
        error = read(WireError, response.json())
    except ValueError:
        if response.is_server_error:  # such as a proxy's, while the gateway restarts
            return GatewayUnreachable(
                f"{response.url} answered {response.status_code} and no error of Treadle's."
            )
        return _no_gateway(response)
    details = error.error_details
    traits = {
        "reason": details.reason,
        "retryable": error.is_retryable,
        "status": response.status_code,
    }
    family = family_of(response.status_code)
    refused: type[Refused] = type(family.__name__, (family,), traits)
    solution = _SOLUTIONS.get(details.reason, details.solution)
    return refused(error.error_message, solution=solution, **details.facts)


def _no_gateway(response: httpx.Response) -> NoGateway:
    """Return what answered, as far as it says what it is."""
    name = response.headers.get("Server", "")[:_NAME_SHOWN]
    kind = response.headers.get("Content-Type", "").partition(";")[0][:_NAME_SHOWN]
    said = f"{response.status_code}, {kind or 'without a type'}{f', by {name}' if name else ''}"
    to = response.headers.get("Location")
    leads = f" It leads to {to[:200]}." if response.is_redirect and to else ""
    return NoGateway(f"What answers at {response.url} is no gateway of Treadle ({said}).{leads}")
