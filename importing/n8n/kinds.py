"""The table of n8n's node types: what each becomes. What is not in it becomes a `@task`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from treadle.importing.n8n.data_nodes import (
    aggregate,
    edit_fields,
    item_lists,
    keep,
    limit,
    pass_on,
    remove_duplicates,
    sort,
    split_out,
)
from treadle.importing.n8n.flow_nodes import branch, merge, switch, wait
from treadle.importing.n8n.http_nodes import http_request
from treadle.importing.n8n.model_nodes import agent, chain, openai
from treadle.importing.n8n.step import Translator
from treadle.importing.n8n.task_nodes import call_workflow, code, fail, respond, task
from treadle.importing.n8n.triggers import is_trigger, trigger

LOOP = "splitInBatches"
"""Loop Over Items, which `loops` finds and `translation` makes."""


@dataclass(frozen=True, slots=True)
class NodeKind:
    """How a type of node is translated."""

    translate: Translator
    takes_lists: bool = False
    """Whether it takes many items at once; others run in a loop then, as n8n runs them."""
    has_effects: bool = False
    """Whether an attempt of it may fail for a reason outside, so that retries have a meaning."""


_TASK = NodeKind(task, has_effects=True)
_TRIGGER = NodeKind(trigger)

KINDS: Mapping[str, NodeKind] = {
    "noOp": NodeKind(pass_on, takes_lists=True),
    "set": NodeKind(edit_fields, takes_lists=True),
    "filter": NodeKind(keep, takes_lists=True),
    "sort": NodeKind(sort, takes_lists=True),
    "limit": NodeKind(limit, takes_lists=True),
    "splitOut": NodeKind(split_out, takes_lists=True),
    "aggregate": NodeKind(aggregate, takes_lists=True),
    "removeDuplicates": NodeKind(remove_duplicates, takes_lists=True),
    "itemLists": NodeKind(item_lists, takes_lists=True),
    "summarize": NodeKind(task, takes_lists=True, has_effects=True),
    "if": NodeKind(branch, takes_lists=True),
    "switch": NodeKind(switch, takes_lists=True),
    "merge": NodeKind(merge, takes_lists=True),
    "wait": NodeKind(wait, takes_lists=True),
    "httpRequest": NodeKind(http_request, has_effects=True),
    "chainLlm": NodeKind(chain, has_effects=True),
    "agent": NodeKind(agent, has_effects=True),
    "openAi": NodeKind(openai, has_effects=True),
    "code": NodeKind(code, takes_lists=True, has_effects=True),
    "function": NodeKind(code, takes_lists=True, has_effects=True),
    "functionItem": NodeKind(code, has_effects=True),
    "executeWorkflow": NodeKind(call_workflow, has_effects=True),
    "stopAndError": NodeKind(fail, has_effects=True),
    "respondToWebhook": NodeKind(respond, takes_lists=True),
}
"""By the name without n8n's own package."""


def kind_of(name: str) -> NodeKind:
    """Return how a type of node is translated."""
    if name in KINDS:
        return KINDS[name]
    return _TRIGGER if is_trigger(name) else _TASK
