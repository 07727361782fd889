"""Routes that are planned and not part of this release: they answer 501 `not_available`."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.gateway.auth import Reader
from treadle.gateway.routing import Routes

routes = Routes("not available")


class NotAvailable(TreadleError):
    """This is planned, but not part of this release."""

    reason: ClassVar[str] = "not_available"
    solution: ClassVar[str] = "Do without it for now; /openapi.json lists what exists."


#: Method and path of what is missing, and its name.
ABSENT: tuple[tuple[str, str, str], ...] = (
    ("GET", "/executions/{execution_id}/live", "Live events by WebSocket"),
    ("POST", "/executions/{execution_id}/rerun", "Re-running from a node"),
    ("POST", "/executions/{execution_id}/signals", "Signals"),
    ("POST", "/executions/retry", "Retrying many executions at once"),
    ("POST", "/workflows/{workflow_id}/deployments", "Deployments, whose triggers are live"),
    ("GET", "/workflows/{workflow_id}/deployments", "Deployments, whose triggers are live"),
    ("POST", "/workflows/{workflow_id}/nodes/{node_id}/test", "A test run of a single node"),
    ("POST", "/interactions/{interaction_id}/reassign", "Reassigning a question"),
    ("POST", "/plans/{plan_id}/edit", "Editing a plan in a session"),
    ("GET", "/credentials", "Stored credentials"),
    ("POST", "/credentials", "Stored credentials"),
    ("GET", "/schedules", "Schedules"),
    ("POST", "/webhooks/{workflow_id}", "Webhooks in"),
    ("GET", "/mcp", "The MCP face"),
    ("POST", "/mcp", "The MCP face"),
)


def _refusing(name: str) -> Callable[..., Response]:
    def absent(_: Reader) -> Response:
        raise NotAvailable(f"{name}: not available in this release.", feature=name)

    return absent


for _method, _path, _name in ABSENT:
    routes.add_api_route(_path, _refusing(_name), methods=[_method], include_in_schema=False)
