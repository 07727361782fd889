"""The table of the reference system's node types: what each becomes."""

from __future__ import annotations

from collections.abc import Mapping

from treadle.importing.reference.calls import http_request, model
from treadle.importing.reference.data import keep, merge, sort, transform
from treadle.importing.reference.flow import branch, delay, loop, wait
from treadle.importing.reference.people import ask
from treadle.importing.reference.step import Translator
from treadle.importing.reference.tasks import task, trigger

KINDS: Mapping[str, Translator] = {
    "TRIGGER": trigger,
    "AI_AGENT": model,
    "HUMAN_IN_THE_LOOP": ask,
    "ACTION.HTTP_REQUEST": http_request,
    "ACTION.DATA_TRANSFORMATION": transform,
    "FLOW.IF": branch,
    "FLOW.FILTER": keep,
    "FLOW.SORT": sort,
    "FLOW.MERGE": merge,
    "FLOW.LOOP": loop,
    "FLOW.FOR_EACH": loop,
    "FLOW.WHILE": loop,
    "FLOW.DELAY": delay,
    "FLOW.WAIT": wait,
}
"""By `TYPE.SUBTYPE`, or by the type for all its subtypes; everything else becomes a `@task`."""

#: Names of types that older workflows have.
ALIASES: Mapping[str, str] = {
    "TRIGGER_NODE": "TRIGGER",
    "WEBHOOK": "TRIGGER",
    "AI_AGENT_NODE": "AI_AGENT",
    "ACTION_NODE": "ACTION",
    "EXTERNAL_ACTION_NODE": "EXTERNAL_ACTION",
    "FLOW_NODE": "FLOW",
    "CONDITION": "FLOW",
    "LOOP": "FLOW",
    "DELAY": "FLOW",
    "HUMAN_IN_THE_LOOP_NODE": "HUMAN_IN_THE_LOOP",
    "HIL": "HUMAN_IN_THE_LOOP",
    "TOOL_NODE": "TOOL",
    "MEMORY_NODE": "MEMORY",
    "API_CALL": "EXTERNAL_ACTION",
    "EMAIL": "EXTERNAL_ACTION",
}


def translator_of(key: str) -> Translator:
    """Return what translates a node type."""
    return KINDS.get(key) or KINDS.get(key.partition(".")[0]) or task
