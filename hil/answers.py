"""Answers: what somebody sends becomes a response, if they may give it and it fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import psycopg

from treadle.dag.replies import ReplyInvalid, reply
from treadle.hil.rights import (
    LinkHolder,
    LinkNotValid,
    NotAsked,
    Responder,
    check_may_answer,
    name_of,
)
from treadle.ledger.engine.engine import Engine
from treadle.ledger.people.answers import Answered, answer
from treadle.ledger.people.decisions import Response
from treadle.ledger.people.interactions import Interaction
from treadle.ledger.people.outbox import sent_link
from treadle.ledger.people.responses import Refused


def responding(
    responder: Responder, via: str | None, raw: Mapping[str, Any]
) -> Callable[[Interaction], Response | Refused]:
    """Return what the ledger calls under the lock, with the question as it stands.

    Args:
        responder: who answers.
        via: how it came: a `Via`; `None` is the channel by which the question was sent.
        raw: the answer, as `dag.replies.reply` takes it.
    """

    def respond(asked: Interaction) -> Response | Refused:
        name, how = name_of(responder), via or asked.question.channel_type
        try:
            check_may_answer(asked, responder)
            made = reply(asked.question, raw)
        except (NotAsked, ReplyInvalid) as error:
            return Refused(error, raw, name, how)
        return Response(made.decision, made.answer, name, how)

    return respond


def link_holder(connection: psycopg.Connection, interaction_id: UUID, token: str) -> LinkHolder:
    """Return who answers with a token that was sent out.

    Raises:
        LinkNotValid: no question was sent out with it, or a later message has another.
    """
    link = sent_link(connection, interaction_id, token)
    if link is None:
        raise LinkNotValid("No question was sent out with this token.")
    if link.is_replaced:
        raise LinkNotValid(
            "A later message about this question has replaced this token.",
            solution="Use the token of the latest message.",
            interaction_id=str(interaction_id),
        )
    return LinkHolder(interaction_id, link.recipient)


def answer_by_link(
    engine: Engine,
    connection: psycopg.Connection,
    interaction_id: UUID,
    token: str,
    raw: Mapping[str, Any],
) -> Answered:
    """Answer a question as the holder of a token that was sent out with it.

    Raises:
        LinkNotValid
        and what `ledger.people.answers.answer` raises.
    """
    holder = link_holder(connection, interaction_id, token)
    return answer(engine, connection, interaction_id, responding(holder, None, raw))
