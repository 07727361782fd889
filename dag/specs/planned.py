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

_ASK = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
#: What this release has instead of a type's subtypes, and of those that differ from them.
_INSTEAD: dict[str, str] = {
    "TRIGGER": "Use TRIGGER.MANUAL, and have what receives it call POST /v1/executions.",
    "TRIGGER.CRON": "Use TRIGGER.MANUAL, and have cron run `treadle submit`.",
    "TRIGGER.ERROR": (
        "Use TRIGGER.MANUAL, and connect the `error` key of a node to what handles its failure."
    ),
    "AI_AGENT": "Use AI_AGENT.OPENAI_CHATGPT or AI_AGENT.ANTHROPIC_CLAUDE.",
    "ACTION.SUB_WORKFLOW": (
        "Put its nodes into this workflow, or have ACTION.HTTP_REQUEST call POST /v1/executions."
    ),
    "ACTION.RESPOND": (
        "Leave it out: the output of the last nodes is the execution's; ACTION.DATA_TRANSFORMATION "
        "gives it its shape."
    ),
    "EXTERNAL_ACTION": (
        "Call the service with ACTION.HTTP_REQUEST, or with its library in a task of yours by "
        "ACTION.PYTHON_TASK."
    ),
    "FLOW.WAIT": f"Use FLOW.DELAY to wait for a time, {_ASK} to wait for a person.",
    "HUMAN_IN_THE_LOOP": f"Use {_ASK}; its channel `webhook` calls a server of yours.",
    "TOOL": (
        "Call it before the model with ACTION.HTTP_REQUEST or ACTION.PYTHON_TASK, and pass on what "
        "it returns."
    ),
    "MEMORY": "Keep it in a store of your own that a task reads and writes: ACTION.PYTHON_TASK.",
}


def instead_of(kind: str, subtype: str = "") -> str:
    """Return what works today instead of a reserved type; empty if all of it works."""
    return _INSTEAD.get(f"{kind}.{subtype}") or _INSTEAD.get(kind, "")


PLANNED = tuple(
    NodeSpec(kind, subtype, "Not in this release.", available=False)
    for kind, subtypes in _NAMES.items()
    for subtype in subtypes
)
