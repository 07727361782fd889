"""Node types with reserved names that are not implemented in this release.

They are listed so that a definition that uses one is refused as not available, not as misspelled.
"""

from __future__ import annotations

from treadle.dag.specs.spec import NodeSpec

_NAMES: dict[str, tuple[str, ...]] = {
    "TRIGGER": ("WEBHOOK", "CRON", "EMAIL", "GITHUB", "SLACK", "FORM", "CHAT", "ERROR"),
    "AI_AGENT": ("GOOGLE_GEMINI",),
    "ACTION": ("SUB_WORKFLOW", "RESPOND"),
    "EXTERNAL_ACTION": (
        "SLACK", "GITHUB", "NOTION", "GOOGLE_CALENDAR", "GOOGLE_SHEETS", "GOOGLE_DRIVE",
        "GMAIL", "FIRECRAWL", "DISCORD", "TELEGRAM", "EMAIL",
    ),
    "FLOW": ("WAIT",),
    "HUMAN_IN_THE_LOOP": (
        "SLACK_INTERACTION", "GMAIL_INTERACTION", "OUTLOOK_INTERACTION", "DISCORD_INTERACTION",
        "TELEGRAM_INTERACTION",
    ),
    "TOOL": ("MCP", "NOTION", "SLACK", "GOOGLE_CALENDAR", "FIRECRAWL", "DISCORD"),
    "MEMORY": (
        "CONVERSATION_BUFFER", "KEY_VALUE_STORE", "VECTOR_DATABASE", "ENTITY_MEMORY",
        "EPISODIC_MEMORY", "GRAPH_MEMORY", "DOCUMENT_STORE", "KNOWLEDGE_BASE",
    ),
}  # fmt: skip

PLANNED = tuple(
    NodeSpec(kind, subtype, "Not in this release.", available=False)
    for kind, subtypes in _NAMES.items()
    for subtype in subtypes
)
