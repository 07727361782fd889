"""The body of a request for a key."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from treadle.dag.model import NAME_LENGTH, Described
from treadle.wire.keys import Scope, Scopes


class NewKey(Described):
    """A key to create, of the caller's own account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scopes": ["read", "run"], "name": "the nightly job"}]},
    )

    scopes: Annotated[Scopes, Field(min_length=1, max_length=len(Scope))]
    name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    """Its name in lists."""
    valid_seconds: Annotated[float, Field(ge=1, le=100 * 366 * 86_400)] | None = None
    """Seconds after which it expires; never if left out."""
