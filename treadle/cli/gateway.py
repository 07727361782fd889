"""`treadle gateway`: HTTP for everybody who has a key."""

from __future__ import annotations

from typing import Annotated

import typer

from treadle.cli.ports import LOOPBACK, Host
from treadle.cli.service_edge import logging_service
from treadle.cli.signals import end_in_time, stop_on_signal
from treadle.core.settings import Settings
from treadle.gateway.process import GRACE_SECONDS, Server
from treadle.ledger.migrations import migrate
from treadle.monitoring import logs
from treadle.monitoring.metrics import PROCESS_STARTS
from treadle.monitoring.server import Address


def gateway(
    port: Annotated[
        int, typer.Option(min=0, max=65_535, help="0 lets the system choose one.")
    ] = 8_000,
    host: Host = LOOPBACK,
) -> None:
    """Serve the HTTP interface until SIGTERM or Ctrl-C; then answer what was asked, and exit.

    Its documentation is at /docs and /openapi.json; `treadle keys create` makes keys for it.
    """
    # Uvicorn repeats the signal that ended it, which would end the process by it and not with 0.
    stop_on_signal()
    with logging_service():
        settings = Settings.load()
        logs.configure(settings.log_level)
        PROCESS_STARTS.inc()
        server = Server(settings, Address(host, port))
        migrate(settings.database_url)
        end_in_time(server.closing, GRACE_SECONDS)
        server.serve_until_signal()
