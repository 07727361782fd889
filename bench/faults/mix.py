"""What runs: small workflows of every kind, and what each must come to for its number.

Every figure is one more than the sum of the figures before it, so that a node that is lost, run
for another's input or counted twice changes the output.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from bench.faults.outside import SERVED
from bench.shapes import Edges, document

Document = dict[str, Any]

#: Items of the loop, and turns of the other one.
_ITEMS, _TURNS = 30, 6
_NAP_SECONDS = 2.0
#: The nodes of the plan.
_PLANNED = ["start", "think"]


@dataclass(frozen=True)
class Kind:
    """One kind of execution."""

    name: str
    document: Document
    last: str
    """The node whose output is compared."""
    expected: Callable[[int], Any]
    """The output of that node for an input's number."""
    at_once: int
    """How many are kept in progress."""
    status: str = "SUCCESS"
    read: Callable[[Any], Any] = lambda output: output
    """What of the output is compared."""


def kinds(url: str) -> list[Kind]:
    """Return all kinds; `url` is the HTTP server's."""
    fan = [("first", f"n{i}") for i in range(200)]
    fan += [(node, "last") for _, node in fan]
    chain = [(f"n{i}", f"n{i + 1}") for i in range(39)]
    diamond = [("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
    return [
        _graph("fan", fan, "last", 6),
        _graph("chain", chain, "n39", 6),
        _graph("diamond", diamond, "d", 4),
        _graph("layers", _layers(), "last", 3),
        _loops(),
        _timer(),
        _retried(),
        _fetched(url),
        _failing(),
        _asked(),
        _planned(),
    ]


def _layers() -> Edges:
    """Ten layers of ten, each node on two of the layer before, and one after all."""
    edges = [
        (f"l{layer - 1}_{(column + offset) % 10}", f"l{layer}_{column}")
        for layer in range(1, 10)
        for column in range(10)
        for offset in range(2)
    ]
    return edges + [(f"l9_{column}", "last") for column in range(10)]


def _graph(name: str, edges: Edges, last: str, at_once: int) -> Kind:
    """Return a kind of task nodes alone."""
    nodes = list(dict.fromkeys(node for edge in edges for node in edge))

    @cache
    def figure(node: str, number: int) -> int:
        parents = [figure(source, number) for source, target in edges if target == node]
        return 1 + (sum(parents) if parents else number)

    offset = figure(last, 0)
    slope = figure(last, 1) - offset

    def linear(number: int) -> dict[str, int]:
        return {"v": offset + slope * number}

    return Kind(name, document(name, nodes, edges, _task), last, linear, at_once)


def _chained(name: str, *nodes: Document, connect: list[tuple[str, str, str]]) -> Document:
    """Return a workflow of these nodes; a connection is a source, its output key, a target."""
    return {
        "metadata": {"id": name, "name": name},
        "nodes": [_node("start", "TRIGGER", "MANUAL"), *nodes],
        "connections": [
            {"id": f"c{index}", "from_node": source, "output_key": key, "to_node": target}
            for index, (source, key, target) in enumerate(connect)
        ],
        "triggers": ["start"],
    }


def _node(name: str, kind: str, subtype: str, **configurations: Any) -> Document:
    node = {"id": name, "name": name, "type": kind, "subtype": subtype}
    return {**node, "configurations": configurations} if configurations else node


def _task(name: str) -> Document:
    return _node(name, "ACTION", "PYTHON_TASK", task="add_up")


def _mapped(name: str, value: str) -> Document:
    mapping = {"v": value}
    return _node(name, "ACTION", "DATA_TRANSFORMATION", operation="map", field_mapping=mapping)


def _loops() -> Kind:
    """Return a loop over items in parallel, then turns one after the other."""
    nodes = [
        _node("each", "FLOW", "FOR_EACH", over=repr(list(range(_ITEMS))), max_parallel=10),
        _mapped("item", "item"),
        _task("one"),
        _mapped("sum", "input.results | map(attribute='v') | sum"),
        _node("turns", "FLOW", "LOOP", loop_type="while", loop_condition=f"index < {_TURNS}"),
        _mapped("turn", "index"),
        _task("turned"),
        _mapped("last", "nodes.sum.v + (input.results | map(attribute='v') | sum)"),
    ]
    connect = [
        ("start", "result", "each"), ("each", "body", "item"), ("item", "result", "one"),
        ("each", "done", "sum"), ("sum", "result", "turns"), ("turns", "body", "turn"),
        ("turn", "result", "turned"), ("turns", "done", "last"),
    ]  # fmt: skip
    found = sum(range(_ITEMS)) + _ITEMS + sum(range(_TURNS)) + _TURNS
    return Kind("loops", _chained("loops", *nodes, connect=connect), "last", _always(found), 3)


def _timer() -> Kind:
    nap = _node("nap", "FLOW", "DELAY", duration_seconds=_NAP_SECONDS)
    connect = [("start", "result", "nap"), ("nap", "result", "last")]
    document = _chained("timer", nap, _task("last"), connect=connect)
    return Kind("timer", document, "last", lambda number: {"v": number + 1}, 3)


def _retried() -> Kind:
    flaky = _node(
        "flaky", "ACTION", "PYTHON_TASK",
        task="fail_once", max_retries=3, retry_min_ms=200, retry_max_ms=1000,
    )  # fmt: skip
    connect = [("start", "result", "flaky"), ("flaky", "result", "last")]
    document = _chained("retried", flaky, _task("last"), connect=connect)
    return Kind("retried", document, "last", lambda number: {"v": number + 2}, 2)


def _fetched(url: str) -> Kind:
    fetch = _node("fetch", "ACTION", "HTTP_REQUEST", url=url, timeout=10)
    connect = [("start", "result", "fetch"), ("fetch", "result", "last")]
    document = _chained("http", fetch, _mapped("last", "input.json.v"), connect=connect)
    return Kind("http", document, "last", _always(SERVED), 3)


def _failing() -> Kind:
    """Return what must fail: its node has no retries and fails at the first attempt."""
    failing = _node("last", "ACTION", "PYTHON_TASK", task="fail_once", max_retries=0)
    document = _chained("failing", failing, connect=[("start", "result", "last")])
    return Kind("failing", document, "last", lambda _: None, 1, status="ERROR")


def _asked() -> Kind:
    ask = _node("ask", "HUMAN_IN_THE_LOOP", "IN_APP_APPROVAL", title="Go on?")
    connect = [("start", "result", "ask"), ("ask", "confirmed", "last")]
    document = _chained("asked", ask, _mapped("last", "1"), connect=connect)
    return Kind("asked", document, "last", _always(1), 3)


def _planned() -> Kind:
    """Return a plan, which is an execution of one node and no workflow of its own."""

    def read(output: Any) -> list[str]:
        return [node["id"] for node in output["workflow"]["nodes"]]

    return Kind("plan", {}, "plan", lambda _: _PLANNED, 2, read=read)


def _always(figure: int) -> Callable[[int], Any]:
    return lambda _: {"v": figure}
