"""Parameters that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query

from treadle.dag.model import NAME_LENGTH
from treadle.ledger.engine.submission_check import KEY_LENGTH

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=KEY_LENGTH,
        description="A repeated request with the same key runs once.",
    ),
]
Word = Annotated[str, Path(max_length=NAME_LENGTH)]
"""A name in a path that no model describes."""
IdPrefix = Annotated[
    str | None,
    Query(
        pattern="^(-?[0-9a-fA-F]){1,32}$",
        description="Only those whose ids begin so: hexadecimal digits, hyphens or not.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=1_000, description="The most items of a page.")]
Cursor = Annotated[
    str | None, Query(max_length=1_000, description="`next_cursor` of the page before.")
]
