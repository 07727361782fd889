"""Ids as a person writes them: whole, by a beginning that no other has, or `last`.

What is not whole is looked up where the command goes: in the ledger, or through the gateway.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, ClassVar
from uuid import UUID

import typer

from treadle.cli.cluster import Reader
from treadle.cli.plain_text import plain
from treadle.core.errors import TreadleError
from treadle.dag.states import InteractionStatus

LAST = "last"
_BEGINNING = re.compile(r"(-?[0-9a-f]){1,32}")
#: Candidates that the error of an ambiguous id lists.
_SHOWN = 10


class IdAmbiguous(TreadleError):
    """Several ids begin with what was given; `candidates` lists the newest."""

    reason: ClassVar[str] = "id_ambiguous"
    solution: ClassVar[str] = "Give as much of the id as no other begins with."


class IdNotFound(TreadleError):
    """No id begins with what was given, or there is nothing yet that `last` could mean."""

    reason: ClassVar[str] = "id_not_found"
    solution: ClassVar[str] = "`treadle executions` lists executions, `treadle inbox` questions."


def id_text(text: str) -> str:
    """Return an argument that may be an id, a beginning of one, or `last`.

    Raises:
        typer.BadParameter: it is none of these.
    """
    wanted = text.strip().lower()
    if wanted != LAST and not _BEGINNING.fullmatch(wanted):
        raise typer.BadParameter(
            f"{plain(text)!r}: this is no id, such as 01900000-0000-7000-8000-000000000000, "
            "nor the beginning of one, nor `last`; "
            "`treadle executions` and `treadle inbox` list them"
        )
    return wanted


ExecutionId = Annotated[
    str,
    typer.Argument(
        metavar="ID", parser=id_text, help="The execution's id, its beginning, or: last."
    ),
]


def execution_named(cluster: Reader, text: str) -> UUID:
    """Return the execution that an id, its beginning or `last` names.

    Raises:
        IdAmbiguous, IdNotFound
    """
    if (whole := _whole(text)) is not None:
        return whole
    prefix, limit = _wanted(text)
    found = cluster.executions(status=None, workflow_id=None, id_prefix=prefix, limit=limit)
    return _only([(each.id, f"{each.status}  {each.workflow_id}") for each in found], text)


def question_named(cluster: Reader, text: str) -> UUID:
    """Return the question that an id or its beginning names; `last` is the newest open one.

    Raises:
        IdAmbiguous, IdNotFound
    """
    if (whole := _whole(text)) is not None:
        return whole
    prefix, limit = _wanted(text)
    found = cluster.questions(
        status=InteractionStatus.PENDING if prefix is None else None,
        execution_id=None,
        id_prefix=prefix,
        limit=limit,
    )
    return _only([(each.id, f"{each.status}  {each.title}") for each in found], text)


def _whole(text: str) -> UUID | None:
    return UUID(text) if len(text.replace("-", "")) == len(UUID(int=0).hex) else None


def _wanted(text: str) -> tuple[str | None, int]:
    """Return the beginning of the ids to look for, and how many of them."""
    return (None, 1) if text == LAST else (text, _SHOWN + 1)


def _only(found: Sequence[tuple[str, str]], text: str) -> UUID:
    """Return the one id among those found, each with what tells it from others."""
    if len(found) == 1:
        return UUID(found[0][0])
    if not found:
        raise IdNotFound(
            "There is none yet." if text == LAST else f"No id begins with {text}.", given=text
        )
    candidates = [f"{each}  {what}" for each, what in found[:_SHOWN]]
    several = f"more than {_SHOWN}" if len(found) > _SHOWN else str(len(found))
    raise IdAmbiguous(f"{several} ids begin with {text}.", given=text, problems=candidates)
