"""What the nodes of Treadle's side do."""

from __future__ import annotations

import time

from treadle import task


@task
def noop() -> None:
    """Do nothing, as the raw actor does."""


@task
def stamp() -> float:
    """Return when this ran."""
    return time.time()
