"""Who may answer: one function, for every path by which an answer comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias
from uuid import UUID

import psycopg

from treadle.core.errors import TreadleError
from treadle.dag.problems import quoted
from treadle.ledger.people.interactions import Interaction, InteractionNotFound, interaction

#: Assignees that a message names.
_SHOWN = 10


class NotAsked(TreadleError):
    """The caller may see the question, but is not known to be one of its assignees."""

    reason: ClassVar[str] = "not_asked"
    solution: ClassVar[str] = "Let one of its assignees answer, with a key of their own."


class LinkNotValid(TreadleError):
    """The token does not belong to this question, or a later message has replaced it."""

    reason: ClassVar[str] = "link_not_valid"
    solution: ClassVar[str] = "Use the token that was last sent with this question."


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whose account was proven: by an API key, or by having the ledger at hand."""

    name: str


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """Whoever holds a token that was sent out."""

    interaction_id: UUID
    """The question that the token was made for."""
    recipient: str
    """Whom it was sent to."""


Responder: TypeAlias = Account | LinkHolder


def may_see(asked: Interaction, account: Account) -> bool:
    """Return whether a question is any business of an account."""
    return account.name == asked.owner or account.name in asked.assignees


def name_of(responder: Responder) -> str:
    """Return what the record calls a responder."""
    if isinstance(responder, LinkHolder):
        return f"holder of the link sent to {responder.recipient}"
    return responder.name


def check_may_answer(asked: Interaction, responder: Responder) -> None:
    """Refuse a responder who may not answer.

    A question is asked of its assignees; of its execution's owner if it has none. An owner who is
    not among the assignees may watch, and not answer in their place, nor by a link that the
    owner's workflow had sent to itself.

    Raises:
        InteractionNotFound: it is none of their business that it exists.
        NotAsked
        LinkNotValid
    """
    if isinstance(responder, LinkHolder):
        if responder.interaction_id != asked.id:
            raise LinkNotValid("This token was made for another question.")
        if not link_may_answer(asked):
            raise _not_asked(asked)
        return
    if not may_see(asked, responder):
        raise InteractionNotFound(asked.id)
    if asked.assignees and responder.name not in asked.assignees:
        raise _not_asked(asked)


def link_may_answer(asked: Interaction) -> bool:
    """Return whether a link may answer: it proves no account, so not where assignees are named."""
    return not asked.assignees


def _not_asked(asked: Interaction) -> NotAsked:
    shown = ", ".join(map(quoted, asked.assignees[:_SHOWN]))
    more = len(asked.assignees) - _SHOWN
    return NotAsked(
        f"The question is asked of {shown}{f' and {more} more' if more > 0 else ''}.",
        assignees=list(asked.assignees),
    )


def seen(connection: psycopg.Connection, interaction_id: UUID, account: Account) -> Interaction:
    """Return a question to an account whose business it is.

    Raises:
        InteractionNotFound
    """
    found = interaction(connection, interaction_id)
    if not may_see(found, account):
        raise InteractionNotFound(interaction_id)
    return found
