"""What starts a workflow of n8n's: here always a submission."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.importing.n8n.step import Output, Outputs, Step
from treadle.importing.report import Reason

#: What starts such a workflow today, and what the submitted input looks like.
_TODAY: Mapping[str, str] = {
    "webhook": "Let the caller submit it over HTTP (POST /v1/executions), with an input of"
    " {headers, params, query, body}",
    "formTrigger": "Submit it with the form's fields as input",
    "chatTrigger": "Submit it with {chatInput, sessionId} as input",
    "scheduleTrigger": "Let cron, or a timer of your system, run `treadle submit` at the times",
    "cron": "Let cron, or a timer of your system, run `treadle submit` at the times",
    "interval": "Let cron, or a timer of your system, run `treadle submit` at the times",
    "errorTrigger": "Watch for executions that fail (`treadle executions --status ERROR`), and"
    " submit it for those",
}
#: Those that are started by hand, or by another workflow, with an input.
MANUAL = frozenset({"manualTrigger", "start", "executeWorkflowTrigger"})


def is_trigger(kind: str) -> bool:
    """Whether a type of node starts executions."""
    return kind in MANUAL or kind in _TODAY or kind.endswith("Trigger") or (
        kind in ("emailReadImap", "rssFeedReadTrigger")
    )  # fmt: skip


def trigger(step: Step) -> Outputs:
    """Any trigger becomes a manual one, which puts out the submitted input."""
    node = step.node
    step.outer.clear()
    if node.type in MANUAL:
        step.maps("TRIGGER.MANUAL")
    else:
        instead = _TODAY.get(node.type, "Submit it with what the service sent as input")
        step.note(
            Reason.TRIGGER_NOT_AVAILABLE,
            f"{node.name!r} ({node.type}) is `{step.id}`, TRIGGER.MANUAL: this release starts"
            f" nothing by itself. {instead}{_when(node.parameters)}.",
        )
    if node.type == "errorTrigger":
        step.note(Reason.ERROR_WORKFLOW, "It was started by the failure of other workflows.")
    return {0: Output(step.add("TRIGGER.MANUAL", {"trigger_name": node.name[:200]}))}


def _when(parameters: Mapping[str, Any]) -> str:
    """Say when it ran, as far as that is one cron expression."""
    rule = parameters.get("rule")
    intervals = rule.get("interval") if isinstance(rule, dict) else None
    for each in intervals if isinstance(intervals, list) else ():
        if isinstance(each, dict) and isinstance(each.get("expression"), str):
            return f": `{each['expression']}`"
        if isinstance(each, dict):
            hour, minute = each.get("triggerAtHour"), each.get("triggerAtMinute", 0)
            if each.get("field", "days") == "days" and isinstance(hour, int):
                return f": daily at {hour:02d}:{minute if isinstance(minute, int) else 0:02d}"
            if isinstance(each.get("field"), str):
                return f": every so many {each['field']}"
    return ""
