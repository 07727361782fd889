"""Keys: created, listed and revoked, only those of the caller's own account."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import Response

from treadle.gateway.auth import Admin
from treadle.gateway.models.keys import NewKey
from treadle.gateway.parameters import Cursor, Limit, Word
from treadle.gateway.responses import Json, page, position_in
from treadle.gateway.routing import Routes
from treadle.ledger.views import keys
from treadle.wire.keys import CreatedKey, KeyBrief, Keys
from treadle.wire.objects import members, unchecked

routes = Routes("keys")

_created = unchecked(CreatedKey)
_page = unchecked(Keys)


@routes.post("/keys", status_code=201, response_model=CreatedKey, summary="Create a key")
def create_key(body: NewKey, caller: Admin) -> Response:
    """Create a key of the caller's account and return it; its text is never shown again."""
    valid_for = timedelta(seconds=body.valid_seconds) if body.valid_seconds is not None else None
    with caller.session() as connection:
        created = keys.create(
            connection, caller.owner, body.scopes, name=body.name, valid_for=valid_for
        )
    href = f"/v1/keys/{created.key.id}"
    with_text = _created(**members(created.key.to_wire()), key=created.text)
    return Json(with_text, 201, {"Location": href})


@routes.get("/keys", response_model=Keys, summary="List keys")
def list_keys(caller: Admin, limit: Limit = 100, cursor: Cursor = None) -> Response:
    """Return the account's keys, including expired and revoked ones; never their text."""
    after = position_in(cursor, str)
    with caller.session() as connection:
        found = keys.listed(
            connection, owner=caller.owner, after=after[0] if after else None, limit=limit + 1
        )
    shown, following = page([each.to_wire() for each in found], limit, "id")
    return Json(_page(keys=shown, next_cursor=following))


@routes.delete("/keys/{key_id}", response_model=KeyBrief, summary="Revoke a key")
def revoke_key(key_id: Word, caller: Admin) -> Response:
    """Revoke a key: the next request with it is refused. Revoking it again changes nothing."""
    with caller.session() as connection:
        return Json(keys.revoke(connection, key_id, owner=caller.owner).to_wire())
