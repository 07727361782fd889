"""The reference system's questions to people: asked in the inbox, or by a webhook."""

from __future__ import annotations

from typing import Any

from treadle.importing.reference.step import Exit, Exits, Step
from treadle.importing.reference.tasks import policy
from treadle.importing.report import Reason

_SHORTEST, _LONGEST = 60, 86_400
_PRIORITIES = {"low": "low", "normal": "normal", "high": "high", "critical": "urgent"}
_MESSAGES = (
    "message",
    "message_template",
    "clarification_question_template",
    "email_template",
    "review_description",
    "description",
)
_TITLES = ("title", "review_title", "email_subject")
_PEOPLE = ("reviewers", "recipient_emails", "target_users", "assignees")
_LOST = (
    "ai_analysis_model",
    "escalation_rules",
    "consensus_required",
    "scoring_system",
    "inline_keyboard",
    "require_evidence",
    "review_criteria",
)


def ask(step: Step) -> Exits:
    """Any interaction: a question that people find in their inbox."""
    config = step.config
    made: dict[str, Any] = {
        "title": _text(step, _TITLES) or step.name[:200],
        "timeout_seconds": _seconds(step),
    }
    message = _text(step, _MESSAGES)
    if message:
        made["message"] = message
    people: list[Any] = next(
        (config[name] for name in _PEOPLE if isinstance(config.get(name), list)), []
    )
    if people:
        made["assignees"] = [str(each) for each in people]
        step.note(
            Reason.CHANNEL_CHANGED,
            "Assignees are accounts of Treadle; make keys for them, or name others.",
        )
    if config.get("priority") in _PRIORITIES:
        made["priority"] = _PRIORITIES[str(config["priority"])]
    made["timeout_action"] = _at_its_end(step)
    step.lose(*_LOST)
    subtype = step.key.partition(".")[2]
    review = subtype == "MANUAL_REVIEW"
    key = f"HUMAN_IN_THE_LOOP.{'MANUAL_REVIEW' if review else 'IN_APP_APPROVAL'}"
    if review:
        made["content"] = "{{ input }}"
    _tell(step, subtype)
    step.maps(key)
    return _exits(step.add(key, {**made, **policy(step)}))


def _tell(step: Step, subtype: str) -> None:
    """Report what a question does not have here."""
    if step.config.get("interaction_type") in ("input", "selection"):
        step.note(
            Reason.SETTING_CHANGED,
            "It asks for an approval; write `input_fields` or `selection_options` as docs/nodes.md"
            " says.",
            "configurations",
            "interaction_type",
        )
    if subtype not in ("MANUAL_REVIEW", "IN_APP_APPROVAL"):
        step.note(
            Reason.CHANNEL_CHANGED,
            f"{step.key} is asked in the inbox (`treadle inbox`, or /v1/interactions); this release"
            " sends no question by that channel. `channel_type: webhook` posts it to a server of"
            " yours.",
        )
    if "unrelated" in step.ports:
        step.note(
            Reason.CONNECTION_LOST, "No answer leaves by `unrelated`: an answer fits or is refused."
        )


def _at_its_end(step: Step) -> str:
    """Return what happens when nobody answers in time: what follows `timeout`, or a failure."""
    wanted = step.config.get("timeout_action")
    if wanted == "default_response":
        step.note(
            Reason.SETTING_CHANGED,
            "Without an answer the node fails; write the answer into `default_response`.",
            "configurations",
            "timeout_action",
        )
    if "timeout" in step.ports:
        return "continue"
    if wanted == "continue":
        step.note(Reason.SETTING_CHANGED, "Nothing follows `timeout`, so the node fails then.")
    return "fail"


def _exits(node: str) -> Exits:
    def convert(root: str) -> str:
        return (
            f"{{'content': {root}.input, 'ai_classification': {root}.decision,"
            f" 'user_response': {root}.answer}}"
        )

    return {
        "result": Exit(node, ("confirmed", "rejected"), convert),
        "confirmed": Exit(node, ("confirmed",), convert),
        "rejected": Exit(node, ("rejected",), convert),
        "timeout": Exit(node, ("timeout",), convert),
    }


def _text(step: Step, names: tuple[str, ...]) -> Any:
    for name in names:
        if step.config.get(name):
            return step.template(name)
    return None


def _seconds(step: Step) -> int:
    config = step.config
    for name, unit in (
        ("timeout_seconds", 1),
        ("response_timeout", 1),
        ("review_deadline", 1),
        ("timeout_minutes", 60),
        ("timeout_hours", 3600),
    ):
        value = config.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            kept = min(max(value * unit, _SHORTEST), _LONGEST)
            if kept != value * unit:
                step.note(
                    Reason.SETTING_CHANGED,
                    f"A question waits a minute to a day; {name} is {kept} s.",
                    "configurations",
                    name,
                )
            return kept
    return 3600
