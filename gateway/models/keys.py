"""What a request for a key says."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from treadle.dag.model import NAME_LENGTH, Described
from treadle.wire.keys import Scopes


class NewKey(Described):
    """A key to make, of the caller's own account."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"scopes": ["read", "run"], "name": "the nightly job"}]},
    )

    scopes: Annotated[Scopes, Field(min_length=1)]
    name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    """What it is to be known by."""
    valid_seconds: Annotated[float, Field(gt=0, le=100 * 366 * 86_400)] | None = None
    """It expires after so long; never, if not set."""
