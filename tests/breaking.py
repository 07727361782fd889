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
    _depth = 0

    @contextmanager
    def pipeline(self) -> Iterator[psycopg.Pipeline]:
        self._depth += 1
        try:
            with super().pipeline() as pipeline:
                yield pipeline
        finally:
            self._depth -= 1
        # A transaction opens pipelines of its own; the outermost ends after the commit.
        if self.breaks == "after" and not self._depth:
            self.close()
            raise psycopg.OperationalError("cut after the commit")

    @contextmanager
    def transaction(
        self, savepoint_name: str | None = None, force_rollback: bool = False
    ) -> Iterator[psycopg.Transaction]:
        with super().transaction(savepoint_name, force_rollback) as transaction:
            yield transaction
            if self.breaks == "before":
                raise psycopg.OperationalError("cut before the commit")
