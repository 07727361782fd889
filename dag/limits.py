"""How large a definition may be. Settings carry these; validation takes them as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds a workflow definition must keep. Each bounds the work that one document causes."""

    definition_bytes: int = 2 * 1024 * 1024
    """The JSON text of a workflow, in bytes of UTF-8."""
    depth: int = 64
    """Lists and objects inside one another; far below what any recursion here can bear."""
    nodes: int = 10_000
    connections: int = 100_000
    """More than the definition's bytes can hold if each is told in full."""
    loops_deep: int = 8
    """Loops inside one another."""
    problems: int = 1_000
    """Problems told in one answer; a document with more is told so as the last of them."""
