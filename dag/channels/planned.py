"""Channels whose names are taken and that this release does not have.

A question by one of them is refused as not yet available, and not as misspelled.
"""

from __future__ import annotations

PLANNED = ("slack", "email", "discord", "telegram")
