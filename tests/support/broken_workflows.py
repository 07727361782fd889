"""Sessions that break at the worst moment, on demand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class Breaking(psycopg.Connection[Any]):
    """A session whose connection is cut around the end of a transaction in a pipeline.

    `breaks` is `after` for a commit that happened and whose answer is lost, `before` for one that
    never reached the server, and `None` for a session that holds.
    """

    breaks: str | None = None

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        with super().pipeline() as pipeline:
            yield pipeline
        if self.breaks == "after":
            self.close()
            raise psycopg.OperationalError("cut after the commit")

    def execute(self, query: Any, *arguments: Any, **options: Any) -> psycopg.Cursor[Any]:
        if query == "commit" and self.breaks == "before":
            raise psycopg.OperationalError("cut before the commit")
        return super().execute(query, *arguments, **options)
