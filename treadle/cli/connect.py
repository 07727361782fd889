"""A command's way to its cluster: the gateway at `TREADLE_SERVER`, else the one in this folder."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing

from treadle.cli.cluster import Cluster, Reader
from treadle.core.settings import Settings


def connected() -> AbstractContextManager[Cluster]:
    """Reach the cluster for as long as the `with` block runs.

    Raises:
        TreadleError: it cannot be reached, now or later.
    """
    settings = Settings.load()
    if settings.server is not None:
        return _gateway(settings.server, settings)
    from treadle.cli.local import connected_here  # noqa: PLC0415 - the engine takes time to import

    return connected_here(settings)


def connected_to_read() -> AbstractContextManager[Reader]:
    """Reach the cluster as `connected` does, to look at executions and questions: faster.

    Raises:
        TreadleError: it cannot be reached, now or later.
    """
    settings = Settings.load()
    if settings.server is not None:
        return _gateway(settings.server, settings)
    from treadle.cli.ledger import ledger_here  # noqa: PLC0415 - nor a driver where none is asked

    return ledger_here(settings)


def _gateway(address: str, settings: Settings) -> AbstractContextManager[Cluster]:
    from treadle.cli.remote import Remote  # noqa: PLC0415 - an HTTP client takes time to import

    return closing(Remote(address, settings.api_key))
