"""Random programs that build workflows: each is valid, and comes back from its document."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from treadle import Workflow
from treadle.builder.nodes import ForEach, If, InSequence, Node
from treadle.dag.validation import validate

#: What a program does next, and a number by which it chooses among what is there.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["http", "transform", "if", "for_each", "while", "merge", "error"]),
        st.integers(0, 1_000),
        st.integers(0, 1_000),
    ),
    min_size=1,
    max_size=12,
)


class Program:
    """A program that is made up: blocks inside blocks, values read from whatever is in reach."""

    def __init__(self, steps: list[tuple[str, int, int]]) -> None:
        self.wf = Workflow("made-up")
        self.steps = steps
        self.count = 0

    def id(self) -> str:
        self.count += 1
        return f"n{self.count}"

    def block(self, values: list[Any], nodes: list[Node], depth: int) -> None:
        """Do steps with the values and nodes in reach, some of them in blocks of their own."""
        values, nodes = list(values), list(nodes)
        while self.steps:
            what, one, two = self.steps.pop()
            value = values[one % len(values)]
            if what == "http":
                made = self.wf.http(self.id(), url=f"https://example.org/{value['a']}")
            elif what == "if":
                made = self.wf.if_(self.id(), value["n"] > one)
                self.inside(made, values, nodes, depth)
                continue
            elif what in ("for_each", "while"):
                made = self.loop(what, value, values, nodes, depth)
            elif what == "merge" and nodes:
                made = self.wf.merge(self.id()).after(
                    *{nodes[one % len(nodes)], nodes[two % len(nodes)]}
                )
            elif what == "error" and nodes:
                made = self.wf.delay(self.id())
                nodes[one % len(nodes)].on_error(made)
                continue
            else:
                other = values[two % len(values)]
                made = self.wf.transform(
                    self.id(), field_mapping={"n": value["n"] + other["n"], "t": [value["a b"]]}
                )
            nodes.append(made)
            values.append(made)
            if depth and two % 4 == 0:
                return

    def inside(self, branch: If, values: list[Any], nodes: list[Node], depth: int) -> None:
        with branch.true:
            self.block([*values], [], depth + 1)
            self.wf.delay(self.id())
        with branch.false:
            self.wf.delay(self.id())

    def loop(
        self, what: str, value: Any, values: list[Any], nodes: list[Node], depth: int
    ) -> ForEach | InSequence:
        made: ForEach | InSequence
        if what == "for_each":
            made = self.wf.for_each(self.id(), over=value["xs"])
            own = [made.item]
        else:
            made = self.wf.loop(
                self.id(), loop_type="while", loop_condition=lambda last: last["n"] != value["n"]
            )
            own = [made.last]
        # What an outer loop calls `item` is hidden here.
        reached = [each for each in values if isinstance(each, Node) or not each.names]
        with made.body:
            self.block([*reached, *own], [], depth + 1)
            self.wf.transform(self.id(), field_mapping={"n": own[0]["n"]})
        return made


@settings(max_examples=150)
@given(STEPS)
def test_a_program_is_valid_and_comes_back(steps: list[tuple[str, int, int]]) -> None:
    """What is read has run before, bodies are closed, and the document says it all."""
    program = Program(list(steps))
    program.block([program.wf.input], [], 0)

    document = program.wf.to_json()

    again = Workflow.from_json(json.dumps(document))
    assert json.dumps(again.to_json()) == json.dumps(document)
    assert not validate(document).problems
    assert again.visualize().svg.count("<rect") == len(document["nodes"])
