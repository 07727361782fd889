"""Keys on the wire."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from treadle.dag.model import NAME_LENGTH, Milliseconds, Strict
from treadle.ledger.views.keys import Scope

Scopes: TypeAlias = list[Annotated[Scope, Field(strict=False)]]

_KEY: dict[str, Any] = {
    "id": "9f86d081884c7d65",
    "owner": "ada",
    "name": "the nightly job",
    "scopes": ["read", "run"],
    "created_time": 1_767_225_600_000,
    "expires_time": None,
    "revoked_time": None,
}


_PAGE: dict[str, Any] = {"keys": [_KEY], "next_cursor": None}


class NewKey(Strict):
    """A key to make, of the caller's own account."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"scopes": ["read", "run"], "name": "the nightly job"}]},
    )

    scopes: Annotated[Scopes, Field(min_length=1)]
    name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    """What it is to be known by."""
    valid_seconds: Annotated[float, Field(gt=0, le=100 * 366 * 86_400)] | None = None
    """It expires after so long; never, if not set."""


class KeyBrief(Strict):
    """What is known of a key."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: str
    owner: str
    name: str
    scopes: Scopes
    created_time: Milliseconds
    expires_time: Milliseconds | None
    revoked_time: Milliseconds | None


class MadeKey(KeyBrief):
    """A key, with its text, which is told this once."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{**_KEY, "key": "tk_9f86d081884c7d65_…"}]},
    )

    key: str
    """What stands after `Bearer`."""


class Keys(Strict):
    """A page of keys by id."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAGE]})

    keys: list[KeyBrief]
    next_cursor: str | None
