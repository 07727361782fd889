"""Routes that a link's token opens, and no key: who sends what is bounded before it is read.

A stranger may send one of these requests too. So requests are counted by address, the token in
`Authorization` is looked up before the body is read, and a body that brings its token itself is
small. A token that is proven opens the room that the largest answer needs.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from anyio.to_thread import run_sync
from fastapi import APIRouter, Security
from fastapi.security import HTTPBearer
from starlette.requests import Request

from treadle.gateway.auth import bearer
from treadle.gateway.request_body import BodyLimits
from treadle.gateway.resources import Resources
from treadle.gateway.routing import BoundedRoute
from treadle.gateway.value_budget import ValueBudget
from treadle.hil.answers import link_holder
from treadle.hil.rights import LinkNotValid
from treadle.ledger.engine.settle_rows import ANSWER_BYTES

#: Bodies that bring their token themselves, so that anybody may send them.
OF_STRANGERS = BodyLimits(64 * 1024, ValueBudget(values=5_000, containers=1_000))
#: Bodies of those whose token is known: the largest answer, and as much again for how it is
#: written (escapes, blanks).
OF_HOLDERS = BodyLimits(2 * ANSWER_BYTES, ValueBudget(values=100_000, containers=25_000))

#: How an API key begins. A client may send its own with every request; it is no link's token.
_KEY = "tk_"
#: Characters of a token; a key has more.
_TOKEN_LENGTH = 43


class LinkRoute(BoundedRoute):
    """A route that a link's token opens."""

    async def authorize(self, request: Request) -> BodyLimits:
        """Count the request, and look up its token if the head has it.

        Raises:
            TooManyRequests
            LinkNotValid: it is not the token that was last sent out with the question.
        """
        resources: Resources = request.app.state.resources
        resources.open_rates.count(request.client.host if request.client else "")
        token = request.state.link_token = _token(request)
        if not token:
            return OF_STRANGERS
        await run_sync(_check, resources, request.path_params["interaction_id"], token)
        return OF_HOLDERS


class LinkRoutes(APIRouter):
    """A router of routes that need no key, but the token that was sent with a question."""

    def __init__(self, tag: str) -> None:
        super().__init__(prefix="/v1", route_class=LinkRoute, tags=[tag])


_bearer = HTTPBearer(
    auto_error=False, scheme_name="link", description="The token that was sent with a question."
)


async def _sent(request: Request, _: Annotated[object, Security(_bearer)]) -> str:
    token: str = request.state.link_token
    return token


LinkToken = Annotated[str, Security(_sent)]
"""The token in `Authorization`, which is known to be the question's; empty if there is none."""


def _token(request: Request) -> str:
    text = bearer(request)
    is_key = text.startswith(_KEY) and len(text) > _TOKEN_LENGTH
    return "" if is_key else text


def _check(resources: Resources, interaction_id: str, token: str) -> None:
    try:
        asked = UUID(interaction_id)
    except ValueError:
        raise LinkNotValid("No question has this id.") from None
    with resources.pool.connection() as connection:
        link_holder(connection, asked, token)
