"""`treadle keys`: who may call the gateway, and what for; straight on the ledger."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

import typer
from pydantic import ValidationError

from treadle.cli.console import Fit, Titles, output_console, print_table
from treadle.cli.files import checked_object, input_invalid, to_json
from treadle.cli.ledger import ledger_here
from treadle.cli.plain_text import say
from treadle.core.errors import TreadleError
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.problems import Hints, quoted
from treadle.dag.shape import problems_of
from treadle.gateway.models.keys import NewKey
from treadle.ledger.views import keys as ledger_keys
from treadle.ledger.views.keys import Key
from treadle.wire.keys import Scope

keys = typer.Typer(
    name="keys",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Keys of the gateway: make, list, revoke.",
)

#: Titles, and how each column fits into a narrow terminal; see `print_table`.
_COLUMNS: Titles = {
    "id": Fit.WHOLE,
    "owner": Fit.FOLDED,
    "scopes": Fit.FOLDED,
    "name": Fit.FOLDED,
    "made": 10,
    "until": 10,
}
#: Keys that are listed at most.
_MOST = 10_000
#: Days that a key is valid at most, unless it is for good: a hundred years, as over HTTP.
_MOST_DAYS = 36_600
#: Characters that an account's name has at most, as in a question's `assignees`.
_OWNER_LENGTH = 200
_DAY_SECONDS = 86_400

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class OwnerInvalid(TreadleError):
    """This is not a valid account name."""

    reason: ClassVar[str] = "owner_invalid"
    solution: ClassVar[str] = f"Use a name of 1 to {_OWNER_LENGTH} characters."


class ValidityInvalid(TreadleError):
    """A key cannot be valid for so long, or for so short a time."""

    reason: ClassVar[str] = "validity_invalid"
    solution: ClassVar[str] = (
        f"Use more than 0 and at most {_MOST_DAYS:,} days; leave `--days` out for a key that does "
        "not expire."
    )


class ScopesInvalid(TreadleError):
    """A named scope does not exist, or none was named."""

    reason: ClassVar[str] = "scopes_invalid"
    solution: ClassVar[str] = f"Name one or more of {', '.join(Scope)}, separated by commas."


@keys.command()
def create(
    owner: Annotated[str, typer.Option(help="The account that its holder acts as.")] = LOCAL_OWNER,
    scopes: Annotated[
        str, typer.Option(help=f"What for, with commas between: {', '.join(Scope)}.")
    ] = "read,run,answer",
    name: Annotated[str, typer.Option(help="What it is to be known by.")] = "",
    days: Annotated[
        float | None, typer.Option(help="It expires after so many; never, if not set.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key and print it: now or never, for only its hash is kept."""
    wanted = _scopes(scopes)
    _check_owner(owner)
    valid_for = None if days is None else _validity(days)
    asked = _asked(wanted, name, days)
    with ledger_here(Settings.load()) as ledger:
        made = ledger_keys.create(
            ledger.session(), owner, asked.scopes, name=name, valid_for=valid_for
        )
    if as_json:
        say(to_json({"id": made.key.id, "key": made.text}))
        return
    say(made.text)
    if sys.stdout.isatty():
        say(f"Its id is {made.key.id}. It is not shown again.", err=True)


@keys.command("list")
def list_keys(
    owner: Annotated[str | None, typer.Option(help="Only those of this account.")] = None,
    as_json: AsJson = False,
) -> None:
    """List keys, those past use included; never the keys themselves."""
    if owner is not None:
        _check_owner(owner)
    with ledger_here(Settings.load()) as ledger:
        found = ledger_keys.listed(ledger.session(), owner=owner, limit=_MOST)
    if as_json:
        say(to_json([key.to_wire() for key in found]))
        return
    rows = [
        (key.id, key.owner, ",".join(key.scopes), key.name, _day(key.created_at), _until(key))
        for key in found
    ]
    print_table(_COLUMNS, rows, output_console())


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id, not the key.")],
    as_json: AsJson = False,
) -> None:
    """End a key: the next request with it is refused."""
    checked_object({"key_id": key_id}, "ID")
    with ledger_here(Settings.load()) as ledger:
        key = ledger_keys.revoke(ledger.session(), key_id)
    say(to_json(key.to_wire()) if as_json else f"{key.id} is revoked")


def _check_owner(owner: str) -> None:
    checked_object({"owner": owner}, "--owner")
    if not owner.strip() or len(owner) > _OWNER_LENGTH:
        raise OwnerInvalid(f"{quoted(owner)} names no account.")


def _scopes(text: str) -> frozenset[Scope]:
    named = {part.strip() for part in text.split(",") if part.strip()}
    unknown = sorted(named - set(Scope))
    if unknown:
        raise ScopesInvalid(f"There is no scope {quoted(unknown[0])}.", scopes=text)
    if not named:
        raise ScopesInvalid("A key without a scope is of no use.", scopes=text)
    return frozenset(map(Scope, named))


def _asked(scopes: frozenset[Scope], name: str, days: float | None) -> NewKey:
    """Return what is asked for, as the gateway takes it."""
    seconds = {} if days is None else {"valid_seconds": days * _DAY_SECONDS}
    asked = checked_object({"scopes": sorted(scopes), "name": name} | seconds, "the key")
    try:
        return NewKey.model_validate(asked)
    except ValidationError as error:
        raise input_invalid("the key", problems_of(error, NewKey, Hints())) from None


def _until(key: Key) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "for good" if key.expires_at is None else _day(key.expires_at)


def _day(moment: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment.timestamp()))


def _validity(days: float) -> timedelta:
    seconds = days * timedelta(days=1).total_seconds()
    if not 1 <= seconds <= timedelta(days=_MOST_DAYS).total_seconds():
        raise ValidityInvalid(f"A key cannot be valid for {days:g} days.", days=str(days))
    return timedelta(seconds=seconds)
