"""Interactions: the questions that executions ask people, and their answers."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request
from starlette.responses import Response

from treadle.dag.replies import ReplyInvalid, Via
from treadle.dag.states import InteractionStatus
from treadle.gateway.address_rates import TooManyRequests
from treadle.gateway.auth import Answerer, Reader
from treadle.gateway.links import LinkRoutes, LinkToken
from treadle.gateway.models.interactions import LinkAnswer, NewAnswer
from treadle.gateway.parameters import Cursor, IdPrefix, Limit
from treadle.gateway.resources import Resources
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routing import Routes, refusals
from treadle.hil.answers import answer_by_link, responding
from treadle.hil.rights import Account, LinkNotValid, NotAsked, seen
from treadle.ledger.people import answers, interactions
from treadle.ledger.people.answers import AnswerTooLarge, InteractionDecided
from treadle.ledger.people.interactions import InteractionNotFound
from treadle.ledger.views.responses import responses
from treadle.wire.interactions import Answered, Interaction, InteractionResponses, Interactions
from treadle.wire.objects import members, unchecked

routes = Routes("interactions")
links = LinkRoutes("interactions")

_answered_as = unchecked(Answered)
_page = unchecked(Interactions)
_responses = unchecked(InteractionResponses)


@routes.get("/interactions", response_model=Interactions, summary="List questions")
def list_interactions(
    caller: Reader,
    status: Annotated[InteractionStatus | None, Query(description="Only those.")] = None,
    execution_id: Annotated[UUID | None, Query(description="Only those it asked.")] = None,
    id_prefix: IdPrefix = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Return the questions of the caller's executions, and those to the caller, newest first."""
    position = position_in(cursor, UUID)
    with caller.session() as connection:
        found = interactions.interactions(
            connection,
            account=caller.owner,
            execution_id=execution_id,
            status=status,
            id_prefix=id_prefix,
            before=position[0] if position else None,
            limit=limit + 1,
        )
    shown, following = page([each.to_wire() for each in found], limit, "id")
    return Json(_page(interactions=shown, next_cursor=following))


@routes.get(
    "/interactions/{interaction_id}",
    response_model=Interaction,
    response_model_exclude_unset=True,
    summary="Get a question",
)
def get_interaction(interaction_id: UUID, caller: Reader) -> Response:
    """Return a question; reading it decides nothing."""
    with caller.session() as connection:
        return Json(seen(connection, interaction_id, Account(caller.owner)).to_wire())


@routes.get(
    "/interactions/{interaction_id}/responses",
    response_model=InteractionResponses,
    summary="List the responses to a question",
)
def list_interaction_responses(interaction_id: UUID, caller: Reader) -> Response:
    """Return all that people answered to a question, with what became of each."""
    with caller.session() as connection:
        seen(connection, interaction_id, Account(caller.owner))
        return Json(_responses(responses=responses(connection, interaction_id)))


@routes.post(
    "/interactions/{interaction_id}/answer",
    response_model=Answered,
    responses=refusals(AnswerTooLarge, InteractionDecided, NotAsked, ReplyInvalid),
    summary="Answer a question",
)
def answer_interaction(interaction_id: UUID, body: NewAnswer, caller: Answerer) -> Response:
    """Decide a question; the same answer again returns what was decided."""
    respond = responding(Account(caller.owner), Via.API, _raw(body))
    with caller.session() as connection:
        answered = answers.answer(caller.resources.engine, connection, interaction_id, respond)
    return _answered(answered)


@links.post(
    "/interactions/{interaction_id}/answer-by-link",
    response_model=Answered,
    responses=refusals(
        AnswerTooLarge,
        InteractionDecided,
        InteractionNotFound,
        LinkNotValid,
        NotAsked,
        ReplyInvalid,
        TooManyRequests,
    ),
    summary="Answer a question by the link that was sent with it",
)
def answer_interaction_by_link(
    interaction_id: UUID, body: LinkAnswer, request: Request, sent: LinkToken
) -> Response:
    """Decide a question as the holder of its link: no key, but the token that came with it.

    The token is best sent as `Authorization: Bearer TOKEN`. Without, it stands in the body, which
    may then have 64 KiB at most.
    """
    token = sent or body.token
    if not token:
        raise LinkNotValid("The answer has no token.")
    resources: Resources = request.app.state.resources
    with resources.pool.connection() as connection:
        answered = answer_by_link(resources.engine, connection, interaction_id, token, _raw(body))
    return _answered(answered)


def _raw(body: NewAnswer) -> dict[str, Any]:
    return body.model_dump(exclude_unset=True, exclude={"token"})


def _answered(answered: answers.Answered) -> Response:
    interaction = members(answered.interaction.to_wire())
    return Json(_answered_as(**interaction, repeated=answered.repeated))
