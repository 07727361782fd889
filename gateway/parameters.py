"""Parameters that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="The same request under the same key runs once, whoever asks how often.",
    ),
]
Limit = Annotated[int, Query(ge=1, le=1_000, description="At most so many.")]
Cursor = Annotated[
    str | None, Query(max_length=1_000, description="`next_cursor` of the page before.")
]
