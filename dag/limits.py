"""How large a definition may be. Settings carry these; validation takes them as a value."""

from __future__ import annotations

from dataclasses import dataclass

from treadle.dag.values import PAYLOAD_LIMIT_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a workflow definition. Each bounds the work that one document causes."""

    definition_bytes: int = 2 * 1024 * 1024
    """The JSON text of a workflow, in bytes of UTF-8."""
    depth: int = 64
    """Nesting of lists and objects; far below what any recursion here can handle."""
    nodes: int = 10_000
    connections: int = 100_000
    """More than fit into the definition's bytes if each is written in full."""
    loops_deep: int = 8
    """Nesting of loops."""
    patterns: int = 500
    """Different regular expressions in forms and schemas; each may take milliseconds to compile."""
    problems: int = 1_000
    """Problems in one answer; if there are more, the last one says so."""


#: What one request may hold, over HTTP and on the command line: the largest definition beside the
#: largest input, and what holds them together.
REQUEST = Limits(
    definition_bytes=Limits().definition_bytes + PAYLOAD_LIMIT_BYTES + 64 * 1024,
    depth=Limits().depth + 1,
)
