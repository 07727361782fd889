"""From a draft to a workflow's document: what settings mean, and what a draft may leave out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_servers import draft, step
from treadle.dag.specs import AVAILABLE
from treadle.dag.validation import validate
from treadle.planner.building import document_of
from treadle.planner.drafts import PlanDraft, gave_up
from treadle.planner.placeholders import declared
from treadle.planner.repair_rules import fix


def built(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return the document of a draft."""
    return document_of(PlanDraft.model_validate(draft(*steps, **more)))


def edges(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return source, key and target of each connection."""
    return [(c["from_node"], c["output_key"], c["to_node"]) for c in document["connections"]]


@pytest.mark.parametrize(
    ("kind", "field", "text", "value"),
    [
        ("ACTION.HTTP_REQUEST", "url", "123", "123"),
        ("ACTION.HTTP_REQUEST", "method", "POST", "POST"),
        ("ACTION.HTTP_REQUEST", "timeout", "30", 30),
        ("ACTION.HTTP_REQUEST", "follow_redirects", "false", False),
        ("ACTION.HTTP_REQUEST", "headers", '{"A": "b"}', {"A": "b"}),
        ("ACTION.HTTP_REQUEST", "body", '{"n": 1}', {"n": 1}),
        ("ACTION.HTTP_REQUEST", "body", "plain words", "plain words"),
        ("ACTION.HTTP_REQUEST", "body", "{{ input.order }}", "{{ input.order }}"),
        ("FLOW.IF", "condition_expression", "{{ input.n > 1 }}", "input.n > 1"),
        ("FLOW.IF", "condition_expression", "true", "true"),
        ("FLOW.FILTER", "over", "[1, 2]", "[1, 2]"),
        ("FLOW.DELAY", "duration_seconds", "2.5", 2.5),
        ("FLOW.NOPE", "anything", "7", 7),
    ],
)
def test_a_settings_text_is_read_as_its_field_is_typed(
    kind: str, field: str, text: str, value: object
) -> None:
    """Text stays text, expressions lose a template's braces, all else is JSON."""
    node = built(step("a", kind, **{field: text}))["nodes"][1]
    assert node["configurations"] == {field: value}


def test_a_setting_of_the_input_is_an_input_parameter() -> None:
    """`input.NAME` sets what the step works on."""
    node = built(step("a", "ACTION.PYTHON_TASK", task="t", **{"input.count": "3"}))["nodes"][1]
    assert (node["configurations"], node["input_params"]) == ({"task": "t"}, {"count": 3})


def test_a_draft_without_a_trigger_is_started_by_hand() -> None:
    """And the steps that nothing leads to run first."""
    document = built(step("a"), step("b"), step("c"), connections=[
        {"source": "a", "output_key": "result", "target": "c"},
        {"source": "b", "output_key": "result", "target": "c"},
    ])  # fmt: skip
    assert document["triggers"] == ["start"]
    assert edges(document)[:2] == [("start", "result", "a"), ("start", "result", "b")]
    assert validate(document).problems == ()


def test_the_trigger_that_is_added_takes_no_steps_name() -> None:
    """A step may be called `start`."""
    document = built(step("start"))
    assert document["triggers"] == ["start_2"]
    assert validate(document).problems == ()


def test_a_drafts_own_trigger_is_the_one() -> None:
    """Nothing is added beside it."""
    document = built(step("go", "TRIGGER.MANUAL"), step("a"))
    assert (document["triggers"], edges(document)) == (["go"], [("go", "result", "a")])


def test_steps_without_connections_follow_one_another() -> None:
    """By the first of each one's keys."""
    document = built(
        step("ask", "FLOW.IF", condition_expression="true"), step("a"), step("b"), connections=[]
    )
    assert edges(document) == [
        ("start", "result", "ask"), ("ask", "true", "a"), ("a", "result", "b")
    ]  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"steps": []},
        {"title": "…"},
        {"title": "TODO"},
        {"title": "Placeholder title."},
        {"steps": [step("placeholder")]},
    ],
)
def test_a_shape_without_content_is_no_answer(more: dict[str, Any]) -> None:
    """Fillers are what models write that give up."""
    assert gave_up(PlanDraft.model_validate(draft(step("a"), **more)))


def test_saying_why_it_cannot_be_done_is_an_answer() -> None:
    """Then there is nothing else to say."""
    assert not gave_up(PlanDraft.model_validate(draft(cannot="Nobody can.", title="")))
    assert not gave_up(PlanDraft.model_validate(draft(step("todo_list"))))


def test_the_schema_of_a_draft_is_strict_all_through() -> None:
    """Closed objects whose every field is required: what strict structured output asks for."""
    schema = PlanDraft.model_json_schema()
    for each in (schema, *schema["$defs"].values()):
        assert each["additionalProperties"] is False
        assert set(each["required"]) == set(each["properties"])
        for field in each["properties"].values():
            assert "default" not in field


WORDS = st.text(alphabet="ab_{}.:x1[] '\"", max_size=12)
IDS = st.sampled_from(["a", "b", "c", "no id", "a", ""])
FIELDS = sorted({name for spec in AVAILABLE for name in spec.configurations.model_fields})
STEPS = st.builds(
    lambda i, kind, settings: {
        "id": i, "type": kind, "purpose": "p",
        "settings": [{"field": field, "value": value} for field, value in settings],
    },
    IDS,
    st.sampled_from([spec.key for spec in AVAILABLE] + ["FLOW.FILTRE", "NOPE.NOPE"]),
    st.lists(st.tuples(st.sampled_from(FIELDS) | WORDS, WORDS), max_size=4),
)  # fmt: skip
CONNECTIONS = st.builds(
    lambda s, k, t: {"source": s, "output_key": k, "target": t},
    IDS, st.sampled_from(["result", "true", "done", "body", "", "nope"]), IDS,
)  # fmt: skip


@given(st.lists(STEPS, min_size=1, max_size=5), st.lists(CONNECTIONS, max_size=5))
def test_whatever_a_model_writes_is_mended_or_refused(
    steps: list[Any], connections: list[Any]
) -> None:
    """Rules never raise, never go on for ever, and never add a step but the trigger."""
    made = PlanDraft.model_validate(draft(*steps, connections=connections))
    document = document_of(made)
    before = len(document["nodes"])

    validation, fixes = fix(document, declared(made))

    assert len(document["nodes"]) == before <= len(steps) + 1
    assert all(each.done for each in fixes)
    if validation.workflow is not None:
        assert validate(document).problems == ()
