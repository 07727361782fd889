"""`treadle migrate`: bring the ledger's database to this release's schema."""

from __future__ import annotations

from treadle.cli.plain_text import say
from treadle.core.settings import Settings
from treadle.ledger.migrations import migrate as migrate_ledger


def migrate() -> None:
    """Bring the database to this release's schema, and print what was applied.

    Safe to run at any time and several times at once; processes that serve do it when they start.
    """
    applied = migrate_ledger(Settings.load().database_url)
    for name in applied:
        say(f"applied {name}")
    if not applied:
        say("The schema is this release's; nothing was to do.")
