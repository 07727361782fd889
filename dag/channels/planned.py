"""Channels whose names are taken and that this release does not have.

A question by one of them is told that it is known and not yet available, not that it is misspelled.
"""

from __future__ import annotations

PLANNED = ("slack", "email", "discord", "telegram")
