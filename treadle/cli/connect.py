"""A command's way to its cluster: the one in this folder, or a gateway."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from treadle.cli.cluster import Cluster
from treadle.cli.local import connected_here
from treadle.core.settings import Settings


@contextmanager
def connected() -> Iterator[Cluster]:
    """Reach the cluster for as long as the `with` block runs: through the gateway at
    `TREADLE_SERVER` where that is set, else straight the one that runs in this folder.

    Raises:
        TreadleError: it cannot be reached, now or later.
    """
    settings = Settings.load()
    if settings.server is None:
        with connected_here(settings) as here:
            yield here
        return
    from treadle.cli.remote import Remote  # noqa: PLC0415 - an HTTP client takes time to import

    with closing(Remote(settings.server, settings.api_key)) as remote:
        yield remote
