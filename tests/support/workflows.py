"""Workflow documents for tests, small enough to read where they are used."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from treadle.dag.validation import Validation, validate

Document = dict[str, Any]


def node(node_id: str, key: str = "ACTION.DATA_TRANSFORMATION", /, **more: Any) -> Document:
    """Return a node; what is not told is valid."""
    kind, _, subtype = key.partition(".")
    document = {"id": node_id, "name": node_id, "type": kind, "subtype": subtype, **more}
    if key == "ACTION.DATA_TRANSFORMATION":
        document.setdefault("configurations", {"operation": "custom", "expression": "1"})
    return document


def start() -> Document:
    """Return a manual trigger."""
    return node("start", "TRIGGER.MANUAL")


def for_each(node_id: str, **config: Any) -> Document:
    """Return a loop over `input.items`."""
    return node(node_id, "FLOW.FOR_EACH", configurations={"over": "input.items", **config})


def when(node_id: str) -> Document:
    """Return an IF."""
    return node(node_id, "FLOW.IF", configurations={"condition_expression": "true"})


def connection(index: int, text: str) -> Document:
    """Return what `a -> b` or `a:key -> b` says."""
    source, _, target = text.partition(" -> ")
    source, _, key = source.partition(":")
    document = {"id": f"c{index}", "from_node": source, "to_node": target}
    return {**document, "output_key": key} if key else document


def workflow(
    *nodes: Document, connect: str = "", triggers: tuple[str, ...] = ("start",)
) -> Document:
    """Return a workflow; `connect` says its connections, separated by commas."""
    texts = [text.strip() for text in connect.split(",") if text.strip()]
    return {
        "metadata": {"id": "w", "name": "w"},
        "nodes": list(nodes),
        "connections": [connection(index, text) for index, text in enumerate(texts)],
        "triggers": list(triggers),
    }


def chain(*nodes: Document) -> Document:
    """Return a workflow of a trigger and the nodes after it, one after another."""
    ids = ["start", *(each["id"] for each in nodes)]
    connect = ", ".join(f"{one} -> {next_one}" for one, next_one in pairwise(ids))
    return workflow(start(), *nodes, connect=connect)


def configured(key: str, /, **config: Any) -> Document:
    """Return a workflow whose one node after the trigger has these configurations."""
    return chain(node("n", key, configurations=config))


def found(document: object) -> set[tuple[str, str]]:
    """Return the path and reason of every problem."""
    return {(problem.path, problem.reason) for problem in validate(document).problems}


def valid(document: object) -> Validation:
    """Return the validation of a document that has no problem."""
    validation = validate(document)
    assert validation.problems == ()
    return validation
