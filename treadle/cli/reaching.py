"""A command's way to its cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.settings import Settings
from treadle.cli.cluster import Cluster
from treadle.cli.local import reached_here


@contextmanager
def reached() -> Iterator[Cluster]:
    """Reach the cluster of this folder for as long as the `with` block runs.

    Raises:
        TreadleError: it cannot be reached, now or later.
    """
    with reached_here(Settings.load()) as here:
        yield here
