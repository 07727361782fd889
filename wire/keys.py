"""Keys on the wire."""

from __future__ import annotations

from enum import StrEnum, unique
from typing import Annotated, Any, TypeAlias

from pydantic import ConfigDict, Field

from treadle.dag.model import Milliseconds
from treadle.wire.objects import WireObject


@unique
class Scope(StrEnum):
    """What a key permits."""

    READ = "read"
    """To read what its owner has."""
    RUN = "run"
    """To change what its owner has: submit, control, store workflows, plan."""
    ANSWER = "answer"
    """To answer questions that its owner may answer."""
    ADMIN = "admin"
    """To create, list and revoke keys of its owner."""


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


class KeyBrief(WireObject):
    """A key without its text."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KEY]})

    id: str
    owner: str
    name: str
    scopes: Scopes
    created_time: Milliseconds
    expires_time: Milliseconds | None
    revoked_time: Milliseconds | None


class CreatedKey(KeyBrief):
    """A key with its text, which is shown only once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_KEY, "key": "tk_9f86d081884c7d65_…"}]},
    )

    key: str
    """Its text, as it follows `Bearer` in `Authorization`."""


class Keys(WireObject):
    """A page of keys by id."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PAGE]})

    keys: list[KeyBrief]
    next_cursor: str | None
