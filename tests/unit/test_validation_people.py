"""Validation of nodes that ask: what they need for their type, and where they lead."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.workflows import configured, found, node, start, valid, workflow
from treadle.dag.questions import APPROVE_OR_REJECT
from treadle.dag.specs import InvalidConfiguration
from treadle.dag.specs.people import IN_APP_APPROVAL, MANUAL_REVIEW, Asking, question_of

AT = "nodes[1].configurations"
KEY = IN_APP_APPROVAL.key
FIELDS = [{"name": "amount", "type": "number"}]
DEFAULT = "default_response"


@pytest.mark.parametrize(
    ("config", "path", "reason"),
    [
        ({}, "title", "missing"),
        ({"title": "x" * 201}, "title", "out_of_range"),
        ({"title": "?", "timeout_seconds": 59}, "timeout_seconds", "out_of_range"),
        ({"title": "?", "timeout_seconds": 86_401}, "timeout_seconds", "out_of_range"),
        ({"title": "?", "channel_type": "slack"}, "channel_type", "feature_not_implemented"),
        ({"title": "?", "channel_type": "in_ap"}, "channel_type", "invalid_choice"),
        ({"title": "?", "quorum": "all"}, "quorum", "unknown_field"),
        ({"title": "?", "interaction_type": "{{ input.type }}"}, "interaction_type",
         "invalid_choice"),
        ({"title": "?", "interaction_type": []}, "interaction_type", "invalid_choice"),
        ({"title": "?", "interaction_type": "input"}, "input_fields", "missing"),
        ({"title": "?", "interaction_type": "selection"}, "selection_options", "missing"),
        ({"title": "?", "input_fields": FIELDS}, "input_fields", "not_used_here"),
        ({"title": "?", "approval_options": [{"value": "y", "decision": "confirmed"}]},
         "approval_options", "missing"),
        ({"title": "?", "approval_options": [{"value": "y"}]}, "approval_options[0].decision",
         "missing"),
        ({"title": "?", "timeout_action": DEFAULT}, DEFAULT, "missing"),
        ({"title": "?", DEFAULT: {"decision": "confirmed"}}, DEFAULT, "not_used_here"),
        ({"title": "?", "timeout_action": DEFAULT, DEFAULT: {"decision": "maybe"}},
         f"{DEFAULT}.decision", "invalid_choice"),
        ({"title": "?", "interaction_type": "input", "input_fields": FIELDS,
          "timeout_action": DEFAULT, DEFAULT: {"values": {"amount": "2"}}},
         f"{DEFAULT}.values.amount", "wrong_type"),
        ({"title": "?", "channel_type": "webhook", "webhook_secret": "hook"}, "webhook_url",
         "missing"),
        ({"title": "?", "channel_type": "webhook", "webhook_url": "https://example.org"},
         "webhook_secret", "missing"),
        ({"title": "?", "webhook_url": "https://example.org"}, "webhook_url", "not_used_here"),
        ({"title": "?", "channel_type": "webhook", "webhook_secret": "hook",
          "webhook_url": "file:///etc"}, "webhook_url", "invalid_url"),
        ({"title": "?", "channel_type": "webhook", "webhook_url": "https://example.org",
          "webhook_secret": "{{ secrets.hook }}"}, "webhook_secret", "template_not_allowed"),
        ({"title": "?", "channel_type": "webhook", "webhook_url": "https://example.org",
          "webhook_secret": "whsec_c2VjcmV0"}, "webhook_secret", "invalid_name"),
        ({"title": "{{ secrets.hook }}"}, "title", "secret_not_allowed_here"),
        ({"title": "?", "timeout_action": "continue"}, "timeout_action", "timeout_not_connected"),
    ],
)  # fmt: skip
def test_a_node_that_asks_is_told_what_its_question_lacks(
    config: dict[str, Any], path: str, reason: str
) -> None:
    """At submission, with the place."""
    assert (f"{AT}.{path}", reason) in found(configured(KEY, **config))


def test_a_node_that_asks_leaves_by_the_keys_of_decisions() -> None:
    """And by no other."""
    ask = node("ask", KEY, configurations={"title": "?", "timeout_action": "continue"})
    keys = ("confirmed", "rejected", "unrelated", "timeout", "error")
    connect = ", ".join(["start -> ask", *(f"ask:{key} -> {key}" for key in keys)])
    nodes = [start(), ask, *map(node, keys)]

    valid(workflow(*nodes, connect=connect))

    wrong = workflow(start(), ask, node("n"), connect="start -> ask, ask -> n, ask:timeout -> n")
    assert ("connections[1].output_key", "unknown_output_key") in found(wrong)


def test_what_templates_leave_open_is_checked_when_it_is_asked() -> None:
    """The same rules, when the values are there."""
    config = {
        "title": "Which?",
        "interaction_type": "selection",
        "selection_options": "{{ input.options }}",
        "timeout_action": DEFAULT,
        DEFAULT: {"selected": ["{{ input.first }}"]},
    }
    valid(configured(KEY, **config))
    rendered = IN_APP_APPROVAL.complete(config) | {
        "selection_options": [{"value": "a"}, {"value": "b"}],
    }

    IN_APP_APPROVAL.check_rendered({**rendered, DEFAULT: {"selected": ["a"]}})
    with pytest.raises(InvalidConfiguration) as error:
        IN_APP_APPROVAL.check_rendered({**rendered, DEFAULT: {"selected": ["c"]}})

    (problem,) = error.value.context["problems"]
    assert problem["path"] == f"{DEFAULT}.selected[0]"


def test_publication_writes_out_how_an_approval_is_answered() -> None:
    """So that a later release asks the same."""
    complete = IN_APP_APPROVAL.complete({"title": "?"})

    assert [each["value"] for each in complete["approval_options"]] == ["approve", "reject"]
    assert complete["interaction_type"] == "approval"
    assert MANUAL_REVIEW.complete({"title": "?"})["interaction_type"] == "review"
    assert MANUAL_REVIEW.complete({"title": "?"})["approval_options"] == []


def test_a_question_carries_what_its_node_says() -> None:
    """And nothing of the node's own policy."""
    config = IN_APP_APPROVAL.complete({"title": "?", "assignees": ["ana"], "priority": "high"})
    checked = IN_APP_APPROVAL.check_rendered(config)
    assert isinstance(checked, Asking)

    question = question_of(checked)

    assert (question.title, question.assignees, question.priority) == ("?", ("ana",), "high")
    assert question.approval_options == list(APPROVE_OR_REJECT)
