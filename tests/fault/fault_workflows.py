"""What the fault tests run: a scientific graph, loops and a timer, in every lane, in one execution.

Every figure depends on all figures before it, and the reference interpreter says what each must be.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zlib import crc32

from tests.fault.fault_tasks import added_up
from tests.reference import Result, interpret
from tests.reference.shapes import expected_outputs, scientific
from tests.support.workflows import Document, connection, node

#: The input of every run.
FIRST = {"v": 5}
#: Turns of the loops that go on one after the other.
_TURNS = 6


def stepped(job: str, into: Path, *, task: str = "fault_step", **config: Any) -> Document:
    """Return a node that calls a task for 5 to 20 ms and leaves a line in `into`."""
    seconds = (5 + crc32(job.encode()) % 16) / 1000
    return node(
        job,
        "ACTION.PYTHON_TASK",
        configurations={"task": task, **config},
        input_params={"job": job, "into": str(into), "seconds": seconds},
    )


def mapped(node_id: str, value: str) -> Document:
    """Return an inline node that puts out `{"v": …}`."""
    config = {"operation": "map", "field_mapping": {"v": value}}
    return node(node_id, configurations=config)


def big(
    shape: str, size: int, into: Path, *, items: int = 100, nap: float = 0.5, **config: Any
) -> Document:
    """Return a workflow of about `size` jobs of a shape, and besides:

    a FOR_EACH over `items` numbers whose body is a diamond behind a branch (seven rows each), a
    range, a `while`, and a DELAY of `nap` seconds. Of the jobs a half are tasks in threads, a
    quarter coroutines, a quarter inline. `config` goes to all tasks.
    """
    document = scientific(shape, size)
    lanes = ("fault_step", "fault_step_async", "", "fault_step")
    nodes = document["nodes"]
    for index, each in enumerate(nodes):
        task = lanes[index % len(lanes)]
        if each["type"] == "ACTION" and task:
            nodes[index] = stepped(each["id"], into, task=task, **config)
    loops, texts = _loops(into, items, nap, config)
    nodes += loops
    return connected(document, texts)


def _loops(
    into: Path, items: int, nap: float, config: dict[str, Any]
) -> tuple[list[Document], str]:
    nodes = [
        node("each", "FLOW.FOR_EACH", configurations={
            "over": repr(list(range(items))), "max_parallel": 40}),
        mapped("entry", "item + index"),
        node("odd", "FLOW.IF", configurations={"condition_expression": "input.v // 2 % 2 == 1"}),
        mapped("one_way", "input.v + 1"),
        mapped("other_way", "input.v * 2"),
        node("met", "FLOW.MERGE", configurations={"merge_strategy": "concatenate"}),
        stepped("left", into, **config),
        stepped("right", into, task="fault_step_async", **config),
        mapped("both", "input.left.v + input.right.v"),
        mapped("each_sum", "input.results | map(attribute='v') | sum"),
        node("turns", "FLOW.LOOP", configurations={"loop_type": "for_range", "end_value": _TURNS}),
        mapped("seen", "last.v + index"),
        stepped("turned", into, **config),
        mapped("turns_sum", "input.results | map(attribute='v') | sum"),
        node("while", "FLOW.LOOP", configurations={
            "loop_type": "while", "loop_condition": f"index < {_TURNS}"}),
        mapped("again", "last.v + 1"),
        mapped("while_sum", "input.count"),
        node("nap", "FLOW.DELAY", configurations={"duration_seconds": nap}),
        mapped("awake", "input.v + 1"),
    ]  # fmt: skip
    texts = (
        "start -> each, each:body -> entry, entry -> odd, odd:true -> one_way, "
        "odd:false -> other_way, one_way -> met, other_way -> met, entry -> left, entry -> right, "
        "left -> both, right -> both, met -> both, each:done -> each_sum, "
        "start -> turns, turns:body -> seen, seen -> turned, turns:done -> turns_sum, "
        "start -> while, while:body -> again, while:done -> while_sum, "
        "start -> nap, nap -> awake"
    )
    return nodes, texts


def connected(document: Document, texts: str) -> Document:
    """Add connections to a document: `a -> b, a:key -> b`."""
    wires = document["connections"]
    wires += [connection(len(wires) + n, text) for n, text in enumerate(texts.split(", "))]
    return document


def harmful(job: str, into: Path, task: str, **config: Any) -> Document:
    """Return a node that calls one of the tasks that do harm."""
    return node(
        job,
        "ACTION.PYTHON_TASK",
        configurations={"task": task, **config},
        input_params={"job": job, "into": str(into)},
    )


def reckoned(document: Document, **tasks: Callable[..., Any]) -> Result:
    """Return what a run of `document` on `FIRST` must come to; `tasks` stand in for other tasks."""

    def step(job: str, into: str, seconds: float, **found: Any) -> dict[str, int]:
        return added_up(found)

    steps = dict.fromkeys(("fault_step", "fault_step_async"), step)
    result = interpret(document, FIRST, tasks={**steps, **tasks})
    assert result.certain
    return result


def reckoned_jobs(shape: str, size: int) -> dict[str, Any]:
    """Return the outputs of a shape's last jobs, reckoned from the shape alone."""
    return expected_outputs(shape, size, FIRST["v"])
