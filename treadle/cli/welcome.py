"""What `treadle up` says when all of it is at work: where it is served, and the first key."""

from __future__ import annotations

from pathlib import Path

from treadle.cli.ports import Ports
from treadle.core.postgres import connect
from treadle.ledger.engine.submission import LOCAL_OWNER
from treadle.ledger.views import keys
from treadle.wire.keys import Scope


def welcome(folder: Path, ports: Ports, key: str | None) -> str:
    """Return what a person wants to know of a cluster that has just come up."""
    others = ", ".join(f"{role} {ports.port(role)}" for role in ports.roles[1:])
    lines = [
        f"Treadle is up, with its data in {folder}. Ctrl-C stops it.",
        f"  API:     {ports.url('gateway')}/docs",
        f"  metrics: {ports.url('gateway')}/metrics, and /health; the same on {others}",
    ]
    if key is not None:
        lines.append(f"  API key: {key}  (account {LOCAL_OWNER}, all scopes; shown this once)")
    return "\n".join(lines)


def first_key(database_url: str) -> str | None:
    """Make the first key of a ledger, for whoever works at it; `None` if it has had one."""
    with connect(database_url, autocommit=True) as connection:
        if keys.listed(connection, limit=1):
            return None
        return keys.create(connection, LOCAL_OWNER, tuple(Scope), name="made by treadle up").text
