"""The compiled graph: what the ledger and the workers read of a workflow."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.workflows import (
    Document,
    chain,
    for_each,
    node,
    start,
    valid,
    when,
    workflow,
)
from treadle.dag.graph import CompiledGraph, InvalidDefinition, compile_graph
from treadle.dag.model import Workflow
from treadle.dag.specs import Lane


def compiled(document: Document) -> CompiledGraph:
    """Return the graph of a valid workflow."""
    graph = valid(document).graph
    assert graph is not None
    return graph


def test_connections_are_kept_by_target_and_by_output_key() -> None:
    """In the order of the definition, each edge with its position."""
    graph = compiled(
        workflow(
            start(), when("if"), node("a"), node("b"), node("join"),
            connect="start -> if, if:true -> b, if:true -> a, if:false -> a, a -> join, b -> join",
        )
    )  # fmt: skip

    assert [(edge.index, edge.source) for edge in graph.nodes["join"].incoming] == [
        (4, "a"), (5, "b"),
    ]  # fmt: skip
    assert {
        key: [edge.target for edge in edges] for key, edges in graph.nodes["if"].outgoing.items()
    } == {"true": ["b", "a"], "false": ["a"]}
    assert graph.nodes["join"].outgoing == {}
    assert graph.triggers == ("start",)


def test_a_body_is_the_nodes_directly_in_it() -> None:
    """Those of an inner loop belong to the inner loop; what follows `done` to none."""
    graph = compiled(
        workflow(
            start(), for_each("outer"), node("first"), for_each("inner"), node("leaf"),
            node("last"), node("after"),
            connect="start -> outer, outer:body -> first, first -> inner, inner:body -> leaf,"
            "inner:done -> last, outer:done -> after",
        )
    )  # fmt: skip

    assert graph.bodies == {"outer": {"first", "inner", "last"}, "inner": {"leaf"}}
    assert graph.nodes["leaf"].loop == "inner"
    assert graph.nodes["after"].loop is None
    assert graph.nodes["outer"].is_loop
    assert not graph.nodes["leaf"].is_loop
    assert graph.nodes["after"].incoming[0].from_loop


def test_a_node_says_what_its_texts_name() -> None:
    """Of its own texts and of the conversions on the way in, and nothing more."""
    document = chain(
        node("before"),
        node(
            "h",
            "ACTION.HTTP_REQUEST",
            configurations={
                "url": "https://example.org/{{ input.id }}",
                "headers": {"k": "{{ secrets.shop }}"},
            },
            input_params={"x": "{{ trigger.x }}"},
        ),
    )
    document["connections"][1]["conversion_function"] = "{'id': nodes.start.id}"
    read = compiled(document).nodes["h"]

    assert read.names == {"input", "secrets", "trigger", "nodes"}
    assert read.nodes == {"start"}
    assert read.secrets == {"shop"}
    assert compiled(document).nodes["before"].names == frozenset()


def test_configurations_are_rendered_but_for_expressions() -> None:
    """What comes out of a template is never rendered again; expressions stand as source."""
    graph = compiled(
        chain(
            node("d", "FLOW.DELAY", configurations={"duration_seconds": "{{ input.s }}"}),
            node("f", "FLOW.FILTER", configurations={"over": "input.x", "expression": "item > 1"}),
        )
    )
    delay, fltr = graph.nodes["d"], graph.nodes["f"]
    rendered = delay.configurations.render({"input": {"s": "{{ 1 }}"}})

    assert not delay.configurations.constant
    assert rendered["duration_seconds"] == "{{ 1 }}"
    assert rendered["timeout"] == 420
    assert fltr.configurations.constant
    assert fltr.configurations.render({})["expression"] == "item > 1"
    assert fltr.expressions["expression"].evaluate({"item": 2}) is True


def test_expressions_are_found_by_their_path() -> None:
    """As the implementations of node types ask for them."""
    cases = [{"key": "a", "when": "true"}, {"key": "b", "when": "false"}]
    mapping = {"x": "1", "y z": "2"}
    graph = compiled(
        chain(
            node("m", configurations={"operation": "map", "field_mapping": mapping}),
            node("s", "FLOW.SWITCH", configurations={"cases": cases}),
        )
    )

    assert set(graph.nodes["m"].expressions) == {"field_mapping.x", "field_mapping.y z"}
    assert set(graph.nodes["s"].expressions) == {"cases[0].when", "cases[1].when"}


def test_limits_of_attempts_come_from_the_configuration_or_the_spec() -> None:
    """`retry_attempts` is another spelling."""
    graph = compiled(
        chain(
            node("d", "FLOW.DELAY"),
            node(
                "h",
                "ACTION.HTTP_REQUEST",
                configurations={"url": "x", "timeout": 9, "retry_attempts": 1, "retry_min_ms": 5},
            ),
        )
    )
    plain, told = graph.nodes["d"], graph.nodes["h"]

    assert (plain.timeout, plain.max_retries) == (timedelta(seconds=420), 3)
    assert (told.timeout, told.max_retries) == (timedelta(seconds=9), 1)
    assert told.retry_min == timedelta(milliseconds=5)
    assert (plain.lane, told.lane) == (Lane.INLINE, Lane.ASYNC)


def test_a_merge_says_whether_it_waits_for_all() -> None:
    """`all` unless told."""
    config = {"wait_for": "any"}
    graph = compiled(chain(node("a", "FLOW.MERGE"), node("b", "FLOW.MERGE", configurations=config)))

    assert not graph.nodes["a"].wait_any
    assert graph.nodes["b"].wait_any


def test_continue_on_failure_is_the_workflows() -> None:
    """And off unless told."""
    document = chain(node("a"))
    assert not compiled(document).continue_on_failure
    document["metadata"]["continue_on_failure"] = True

    assert compiled(document).continue_on_failure


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "WAIT", "type": "FLOW"},
        {"configurations": {"operation": "custom", "expression": "("}},
    ],
)
def test_what_validation_refuses_does_not_compile(change: Document) -> None:
    """A worker that meets such a definition says so, and runs nothing of it."""
    document = chain(node("a"))
    document["nodes"][1].update(change)

    with pytest.raises(InvalidDefinition) as caught:
        compile_graph(Workflow.model_validate(document))
    assert caught.value.reason == "invalid_workflow"


def test_a_cycle_does_not_compile() -> None:
    """Nor does what it could never finish."""
    document = workflow(start(), node("a"), node("b"), connect="start -> a, a -> b, b -> a")

    with pytest.raises(InvalidDefinition):
        compile_graph(Workflow.model_validate(document))
