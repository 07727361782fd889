"""The graph as a whole: cycles, reach, loop bodies, what is upstream."""

from __future__ import annotations

import pytest

from tests.support.workflows import (
    Document,
    chain,
    for_each,
    found,
    node,
    start,
    valid,
    when,
    workflow,
)
from treadle.dag.limits import Limits
from treadle.dag.validation import validate


def reads(node_id: str, expression: str) -> Document:
    """Return a node that evaluates an expression."""
    config = {"operation": "custom", "expression": expression}
    return node(node_id, configurations=config)


def test_a_cycle_is_told_with_the_nodes_on_it() -> None:
    """Once, for the connections as a whole."""
    document = workflow(
        start(), node("a"), node("b"), node("c"), connect="start -> a, a -> b, b -> c, c -> a"
    )
    (problem,) = validate(document).problems

    assert (problem.path, problem.reason) == ("connections", "cycle")
    assert "a → b → c → a" in problem.message or "b → c → a → b" in problem.message


def test_a_cycle_that_nothing_reaches_is_still_a_cycle() -> None:
    """Beside being unreachable."""
    document = workflow(start(), node("a"), node("b"), connect="a -> b, b -> a")

    assert found(document) == {
        ("connections", "cycle"), ("nodes[1]", "unreachable"), ("nodes[2]", "unreachable"),
    }  # fmt: skip


def test_a_connection_back_to_the_loop_is_told_as_what_it_is() -> None:
    """The usual mistake of who draws a loop as a cycle: also as leaving the body."""
    document = workflow(
        start(), for_each("loop"), node("a"), connect="start -> loop, loop:body -> a, a -> loop"
    )

    assert found(document) == {("connections", "cycle"), ("connections[2]", "leaves_loop_body")}


def test_a_trigger_that_is_not_named_fires_nothing() -> None:
    """So it and what only it reaches is unreachable."""
    document = workflow(start(), node("other", "TRIGGER.MANUAL"), node("a"), connect="other -> a")

    assert found(document) == {("nodes[1]", "unreachable"), ("nodes[2]", "unreachable")}


def test_a_loop_repeats_something() -> None:
    """Without its `body` connection it means nothing."""
    document = workflow(
        start(), for_each("loop"), node("a"), connect="start -> loop, loop:done -> a"
    )

    assert found(document) == {("nodes[1]", "missing_body")}


@pytest.mark.parametrize(
    ("connect", "wrong"),
    [
        ("loop:body -> a, loop:done -> b, a -> b", {"connections[3]"}),
        ("loop:body -> a, start -> b, a -> b", {"connections[3]"}),
        ("loop:body -> a, loop:done -> a, a -> b", {"connections[1]"}),
        ("loop:body -> a, start -> a, a -> b", {"connections[1]"}),
        ("loop:body -> a, loop:error -> b, a -> b", {"connections[3]"}),
        ("loop:body -> a, a -> b", set()),
        ("loop:body -> a, loop:done -> b", set()),
        ("loop:body -> a, loop:body -> b", set()),
    ],
)
def test_nothing_leaves_a_body_but_the_loop(connect: str, wrong: set[str]) -> None:
    """A body is what every path reaches through the `body` key; its connections stay inside."""
    document = workflow(
        start(), for_each("loop"), node("a"), node("b"), connect=f"start -> loop, {connect}"
    )

    assert found(document) == {(path, "leaves_loop_body") for path in wrong}


def test_what_nothing_reaches_changes_no_body() -> None:
    """A body is about paths from a trigger; a node off all of them is told for itself alone."""
    document = workflow(
        start(), for_each("loop"), reads("a", "item"), node("ghost"),
        connect="start -> loop, loop:body -> a, ghost -> a",
    )  # fmt: skip

    assert found(document) == {("nodes[3]", "unreachable")}


def test_loops_stand_eight_deep_and_no_deeper() -> None:
    """The ninth is told; so are all of a hostile number."""

    def nested(depth: int) -> Document:
        ids = [f"l{index}" for index in range(depth)]
        connect = "start -> l0, " + ", ".join(
            f"{one}:body -> {two}" for one, two in zip(ids, [*ids[1:], "leaf"], strict=True)
        )
        return workflow(start(), *map(for_each, ids), node("leaf"), connect=connect)

    valid(nested(8))
    assert found(nested(9)) == {("nodes[9]", "loops_too_deep")}
    assert len(found(nested(300))) == 300 - 8


def test_what_a_text_may_name_depends_on_the_loops_around_it() -> None:
    """`item` in FOR_EACH, `last` in LOOP, `index` in both, outer ones seen from inside."""
    loop = node("loop", "FLOW.LOOP", configurations={"end_value": 3})

    def inside(expression: str) -> set[tuple[str, str]]:
        return found(
            workflow(
                start(),
                for_each("each"),
                reads("in_each", expression),
                loop,
                reads("in_loop", expression),
                reads("after", expression),
                connect="start -> each, each:body -> in_each, start -> loop,"
                "loop:body -> in_loop, loop:done -> after",
            )
        )

    refused = "expression_invalid"
    in_each, in_loop, after = (f"nodes[{i}].configurations.expression" for i in (2, 4, 5))
    assert inside("index") == {(after, refused)}
    assert inside("item") == {(in_loop, refused), (after, refused)}
    assert inside("last") == {(in_each, refused), (after, refused)}


def test_an_inner_loop_sees_the_names_of_the_outer() -> None:
    """`item` of the outer FOR_EACH in a LOOP inside it."""
    valid(
        workflow(
            start(),
            for_each("outer"),
            node("inner", "FLOW.LOOP", configurations={"end_value": 2}),
            reads("leaf", "[item, index, last]"),
            connect="start -> outer, outer:body -> inner, inner:body -> leaf",
        )
    )


@pytest.mark.parametrize(
    ("reader", "expression", "sound"),
    [
        ("b", "nodes.a", True),
        ("b", "nodes.start", True),
        ("a", "nodes.b", False),
        ("a", "nodes.a", False),
        ("c", "nodes.a", False),
        ("b", "nodes.a | default(1)", True),
    ],
)
def test_only_what_comes_before_can_be_read(reader: str, expression: str, sound: bool) -> None:
    """Elsewhere it would depend on who is faster."""
    nodes = [reads(each, expression if each == reader else "1") for each in ("a", "b", "c")]
    document = workflow(start(), *nodes, connect="start -> a, a -> b, start -> c")
    index = ["start", "a", "b", "c"].index(reader)

    expected = {(f"nodes[{index}].configurations.expression", "expression_invalid")}
    assert found(document) == (set() if sound else expected)


def test_a_body_reads_outside_values_and_is_read_by_nobody_outside() -> None:
    """A body runs many times, so it has no one output."""

    def document(inside: str, after: str) -> Document:
        return workflow(
            start(), node("before"), for_each("loop"), reads("a", inside), reads("b", after),
            connect="start -> before, before -> loop, loop:body -> a, loop:done -> b",
        )  # fmt: skip

    valid(document("nodes.before", "nodes.loop"))
    assert found(document("1", "nodes.a")) == {
        ("nodes[4].configurations.expression", "expression_invalid")
    }


def test_conversions_and_parameters_read_only_what_comes_before() -> None:
    """Wherever the text stands."""
    document = workflow(
        start(), node("a", input_params={"x": "{{ nodes.b }}"}), node("b"),
        connect="start -> a, start -> b",
    )  # fmt: skip
    document["connections"][0]["conversion_function"] = "{'v': nodes.b.x}"

    assert found(document) == {
        ("nodes[1].input_params", "expression_invalid"),
        ("connections[0].conversion_function", "expression_invalid"),
    }


def test_a_conversion_sees_the_output_and_no_input() -> None:
    """It makes the input."""
    document = chain(node("a"))
    document["connections"][0]["conversion_function"] = "output.x"
    valid(document)
    document["connections"][0]["conversion_function"] = "input.x"

    assert found(document) == {("connections[0].conversion_function", "expression_invalid")}


JOIN = "start -> if, if:true -> a, if:false -> b, start -> c"


@pytest.mark.parametrize(
    ("connect", "expression", "warned"),
    [
        (f"{JOIN}, a -> j, c -> j", "input.a.v", True),
        (f"{JOIN}, a -> j, c -> j", "input['c']", True),
        (f"{JOIN}, a -> j, c -> j", "nodes.c.v", False),
        (f"{JOIN}, a -> j, c -> j", "input.v", False),
        (f"{JOIN}, a -> j, b -> j", "input.a", True),
        (f"{JOIN}, c -> j, start -> j", "input.c", False),
        (f"{JOIN}, a -> j, if:true -> j", "input.a", False),
        (f"{JOIN}, a -> j", "input.a", False),
    ],
)
def test_reading_a_source_that_is_not_always_taken_is_warned_of(
    connect: str, expression: str, warned: bool
) -> None:
    """With one taken source its keys come as they are; only with several does each have its own."""
    validation = valid(
        workflow(
            start(), when("if"), node("a"), node("b"), node("c"), reads("j", expression),
            connect=connect,
        )
    )  # fmt: skip
    warnings = [(each.path, each.reason) for each in validation.warnings]

    path = "nodes[5].configurations.expression"
    assert warnings == ([(path, "input_shape_varies")] if warned else [])
    assert validation.graph is not None


def test_a_workflow_of_the_largest_size_is_compiled() -> None:
    """Ten thousand nodes in a row, none of them a level of any recursion."""
    ids = [f"n{index}" for index in range(Limits().nodes - 1)]
    nodes = [node(each, "FLOW.DELAY") for each in ids]
    validation = valid(chain(*nodes))

    assert validation.graph is not None
    assert validation.graph.order == ("start", *ids)
