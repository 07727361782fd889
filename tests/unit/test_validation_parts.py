"""Validation of nodes, connections and triggers by themselves."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.workflows import (
    chain,
    configured,
    for_each,
    found,
    node,
    start,
    valid,
    when,
    workflow,
)
from treadle.dag.specs import AVAILABLE, SPECS, SUBTYPES
from treadle.dag.validation import validate


def only(document: object) -> tuple[str, str, str]:
    """Return path, reason and solution of the one problem there is."""
    (problem,) = validate(document).problems
    return problem.path, problem.reason, problem.solution


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"id": 1}, "nodes[1].id", "wrong_type"),
        ({"id": "1st"}, "nodes[1].id", "invalid_id"),
        ({"id": "x" * 65}, "nodes[1].id", "invalid_id"),
        ({"id": "n\n"}, "nodes[1].id", "invalid_id"),
        ({"name": "two words"}, "nodes[1].name", "name_has_white_space"),
        ({"name": "two\u00a0words"}, "nodes[1].name", "name_has_white_space"),
        ({"name": "two\u202fwords"}, "nodes[1].name", "name_has_white_space"),
        ({"name": "two\u2060words"}, "nodes[1].name", "name_has_white_space"),
        ({"name": "two\ufeffwords"}, "nodes[1].name", "name_has_white_space"),
        ({"name": "two\u200bwords"}, "nodes[1].name", "name_has_white_space"),
        ({"name": ""}, "nodes[1].name", "out_of_range"),
        ({"configurations": []}, "nodes[1].configurations", "wrong_type"),
        ({"position": {"x": 1, "y": "2"}}, "nodes[1].position.y", "wrong_type"),
        ({"position": {"x": 1}}, "nodes[1].position.y", "missing"),
        ({"attached_nodes": ["start"]}, "nodes[1].attached_nodes", "attached_nodes_not_allowed"),
        ({"spec_version": "9"}, "nodes[1].spec_version", "unknown_spec_version"),
        ({"colour": 1}, "nodes[1].colour", "unknown_field"),
    ],
)
def test_a_node_of_the_wrong_shape_is_told_where(
    change: dict[str, Any], path: str, reason: str
) -> None:
    """Each at the field that is wrong."""
    document = chain(node("n"))
    document["nodes"][1].update(change)

    assert (path, reason) in found(document)


@pytest.mark.parametrize("name", ["id", "name", "type", "subtype"])
def test_a_node_says_what_it_is(name: str) -> None:
    """These four have no default."""
    document = chain(node("n"))
    del document["nodes"][1][name]

    assert (f"nodes[1].{name}", "missing") in found(document)


def test_metadata_is_strict() -> None:
    """Nothing is converted, nothing ignored."""
    document = chain(node("n"))
    document["metadata"] = {"name": 3, "desciption": "x", "created_time": "yesterday"}
    problems = {each.path: each for each in validate(document).problems}

    assert problems["metadata.id"].reason == "missing"
    assert problems["metadata.name"].reason == "wrong_type"
    assert problems["metadata.created_time"].reason == "wrong_type"
    assert problems["metadata.desciption"].reason == "unknown_field"
    assert problems["metadata.desciption"].solution == 'Did you mean "description"?'


def test_a_misspelled_type_is_offered_the_right_one() -> None:
    """Types, subtypes, and case."""
    assert only(chain(node("n", "FLOWS.IF"))) == (
        "nodes[1].type", "unknown_node_type", 'Did you mean "FLOW"?',
    )  # fmt: skip
    assert only(chain(node("n", "ACTION.HTTP_REQEST"))) == (
        "nodes[1].subtype", "unknown_node_subtype", 'Did you mean "HTTP_REQUEST"?',
    )  # fmt: skip
    assert only(chain(node("n", "FLOW.if")))[2] == 'Did you mean "IF"?'


def test_a_subtype_of_another_type_is_offered_that_type() -> None:
    """Not the list of what the wrong type has."""
    assert only(chain(node("n", "EXTERNAL_ACTION.HTTP_REQUEST"))) == (
        "nodes[1].subtype", "unknown_node_subtype", "Use ACTION.HTTP_REQUEST.",
    )  # fmt: skip
    assert only(chain(node("n", "ACTION.IF")))[2] == "Use FLOW.IF."


@pytest.mark.parametrize("spec", [each for each in SPECS.values() if not each.available])
def test_a_type_of_a_later_release_is_known_and_refused(spec: Any) -> None:
    """It is not called misspelled."""
    assert ("nodes[1].subtype", "node_type_not_available") in found(chain(node("n", spec.key)))


def named_in(text: str, kind: str) -> list[str]:
    """Return the node types that a solution names, with those of the type alone."""
    subtypes = re.findall(r"\"([A-Z_]+)\"", text)
    listed = re.findall(r"Use one of ([A-Z_, ]+)\.", text)
    subtypes += [each for some in listed for each in some.split(", ")]
    return re.findall(r"[A-Z_]+\.[A-Z_]+", text) + [f"{kind}.{each}" for each in subtypes]


@pytest.mark.parametrize("key", SPECS)
def test_what_is_suggested_is_not_refused_itself(key: tuple[str, str]) -> None:
    """Of each type, reserved ones too: for itself, for a misspelled one, and of another type."""
    kind, subtype = key
    runs = {each.key for each in AVAILABLE}
    documents = [chain(node("n", f"{kind}.{each}")) for each in (f"{subtype}X", "NO", subtype)]
    documents += [chain(node("n", f"{other}.{subtype}")) for other in SUBTYPES]
    if SPECS[key].available:
        documents.pop(2)

    for document in documents:
        of = document["nodes"][1]["type"]
        problems = validate(document).problems
        reasons = {"unknown_node_subtype", "node_type_not_available"}
        for solution in [each.solution for each in problems if each.reason in reasons]:
            assert named_in(solution, of)
            assert set(named_in(solution, of)) <= runs


def test_a_type_that_is_suggested_has_something_that_runs() -> None:
    """Neither the closest one nor a list names one that is all reserved."""
    for kind in ("TOLL", "TOOLS", "MEMORIES", "EXTERNAL_ACTIONS", "nothing"):
        solution = only(chain(node("n", f"{kind}.X")))[2]
        assert not {"TOOL", "MEMORY", "EXTERNAL_ACTION"} & set(re.findall("[A-Z_]+", solution))


def test_ids_stand_once() -> None:
    """Of nodes and of connections."""
    document = workflow(start(), node("a"), node("a"), connect="start -> a, a -> a")
    document["connections"][1]["id"] = "c0"

    assert {("nodes[2].id", "duplicate_id"), ("connections[1].id", "duplicate_id")} <= found(
        document
    )


def test_a_connection_joins_nodes_that_exist_and_is_offered_close_ones() -> None:
    """Both ends."""
    document = workflow(start(), node("load"), connect="start -> laod, strat -> load")
    problems = {each.path: each for each in validate(document).problems}

    assert problems["connections[0].to_node"].reason == "unknown_node"
    assert problems["connections[0].to_node"].solution == 'Did you mean "load"?'
    assert problems["connections[1].from_node"].solution == 'Did you mean "start"?'


@pytest.mark.parametrize("key", ["true", "false", "error"])
def test_every_node_may_leave_by_error_beside_its_own_keys(key: str) -> None:
    """IF has two ways, and every node may fail."""
    valid(workflow(start(), when("if"), node("a"), connect=f"start -> if, if:{key} -> a"))


def test_the_keys_of_a_switch_are_its_cases_and_its_default() -> None:
    """Which is called `default` unless it is named."""
    cases = [{"key": "big", "when": "input.n > 1"}]
    switch = node("s", "FLOW.SWITCH", configurations={"cases": cases})
    named = node("s", "FLOW.SWITCH", configurations={"cases": cases, "default": "small"})
    connect = "start -> s, s:big -> a, s:{} -> b"

    valid(workflow(start(), switch, node("a"), node("b"), connect=connect.format("default")))
    valid(workflow(start(), named, node("a"), node("b"), connect=connect.format("small")))
    assert found(
        workflow(start(), named, node("a"), node("b"), connect=connect.format("default"))
    ) == {("connections[2].output_key", "unknown_output_key")}


def test_nothing_leads_into_a_trigger() -> None:
    """It starts executions and takes no input."""
    document = workflow(
        start(), node("t", "TRIGGER.MANUAL"), connect="start -> t", triggers=("start", "t")
    )

    assert found(document) == {("connections[0].to_node", "trigger_takes_no_input")}


def test_triggers_are_triggers_named_once() -> None:
    """Unknown ones, others, and the same twice."""
    document = chain(node("n"))
    document["triggers"] = ["start", "nobody", "n", "start", 7]

    assert found(document) == {
        ("triggers[1]", "unknown_node"),
        ("triggers[2]", "trigger_not_a_trigger"),
        ("triggers[3]", "duplicate_trigger"),
        ("triggers[4]", "wrong_type"),
    }


@pytest.mark.parametrize("document", [{"triggers": []}, {}])
def test_a_workflow_that_nothing_starts_is_refused(document: dict[str, Any]) -> None:
    """And so is one without nodes."""
    assert ("triggers", "no_trigger") in found({**document, "nodes": []})
    assert ("nodes", "missing") in found({**document, "nodes": []})
    assert ("nodes", "missing") in found(document)


def test_one_broken_node_hides_nothing_of_the_others() -> None:
    """Whatever else can be made out is checked in the same answer."""
    document = workflow(
        start(),
        for_each("loop", max_parallel=0),
        node("x", configurations={"operation": "map", "field_mapping": {"v": "nope"}}),
        connect="start -> loop, loop:body -> x, x -> ghost",
    )
    document["nodes"].insert(0, 7)
    document["extra"] = 1

    assert {
        ("nodes[0]", "wrong_type"),
        ("extra", "unknown_field"),
        ("nodes[2].configurations.max_parallel", "out_of_range"),
        ("nodes[3].configurations.field_mapping.v", "expression_invalid"),
        ("connections[2].to_node", "unknown_node"),
    } <= found(document)


def test_nodes_without_a_place_in_the_graph_are_still_checked() -> None:
    """The second of an id, and one that has none: their configurations and expressions."""
    good, bad = {"operation": "custom", "expression": "1"}, {"operation": "custom", "depth": 0}
    document = workflow(
        start(),
        node("a", configurations=good),
        node("a", configurations={**bad, "expression": "nope"}),
        node("b", configurations={**bad, "expression": "item + nope"}),
        connect="start -> a, start -> b",
    )
    del document["nodes"][3]["id"]

    assert {
        ("nodes[2].id", "duplicate_id"),
        ("nodes[2].configurations.depth", "out_of_range"),
        ("nodes[2].configurations.expression", "expression_invalid"),
        ("nodes[3].id", "missing"),
        ("nodes[3].configurations.depth", "out_of_range"),
        ("nodes[3].configurations.expression", "expression_invalid"),
        ("connections[1].to_node", "unknown_node"),
    } == found(document)


def test_a_node_cannot_be_switched_off() -> None:
    """What its successors would receive is not defined, so it is refused, not ignored."""
    document = configured("FLOW.DELAY", enabled=False)

    assert found(document) == {("nodes[1].configurations.enabled", "feature_not_implemented")}
