"""Attempts for tests of node implementations, prepared as an executor prepares them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from treadle.core.secret_offers import LOCAL_OWNER
from treadle.dag.graph import compile_graph
from treadle.dag.model import Workflow
from treadle.dag.publish import publish
from treadle.dag.values import Value
from treadle.workers.logs.task_log import TaskLog
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.results import Results


def attempt_of(
    kind: str,
    configurations: Mapping[str, Any],
    came: Value = None,
    *,
    sources: Sequence[Value] = (),
    loops: Sequence[int] = (),
    secrets: Mapping[str, str] | None = None,
    seconds: float = 60,
    stored: Sequence[Value] = (),
    **names: Value,
) -> Attempt:
    """Return an attempt of a node called `node`.

    Args:
        kind: Type and subtype: `FLOW.IF`.
        came: The input.
        sources: What came by each incoming connection, for nodes that tell them apart.
        loops: The positions of sources that are loops.
        secrets: The secrets there are.
        seconds: How long the attempt has.
        stored: The results in the ledger that any reference names; a page holds two.
        names: Further names for expressions.
    """
    graph = compile_graph(_workflow(kind, configurations, max(1, len(sources)), loops))
    node = graph.nodes["node"]
    variables = {"input": came, "secrets": dict(secrets or {}), **names}
    return Attempt(
        execution_id="01999999-0000-7000-8000-000000000000",
        scope="",
        node=node,
        number=1,
        input=came,
        config=node.spec.check_rendered(node.configurations.render(variables)),
        variables=variables,
        sources=tuple(zip(node.incoming, sources, strict=False)),
        results=lambda ref: Results(ref, len(stored), lambda these: stored[these.start :][:2]),
        owner=lambda: LOCAL_OWNER,
        deadline=time.monotonic() + seconds,
        log=TaskLog(lambda _: None),
    )


def _workflow(
    kind: str, configurations: Mapping[str, Any], sources: int, loops: Sequence[int]
) -> Workflow:
    nodes = [_node("start", "TRIGGER.MANUAL", {}), _node("node", kind, configurations)]
    connections = []
    for place in range(sources):
        source = f"source_{place}"
        if place in loops:
            nodes.append(_node(source, "FLOW.LOOP", {}))
            nodes.append(_node(f"body_{place}", "FLOW.DELAY", {}))
            connections += [_edge(source, f"body_{place}", "body"), _edge(source, "node", "done")]
        else:
            nodes.append(_node(source, "FLOW.DELAY", {}))
            connections.append(_edge(source, "node"))
        connections.append(_edge("start", source))
    document = {
        "metadata": {"id": "w", "name": "w"},
        "nodes": nodes,
        "connections": [{"id": f"c{place}", **edge} for place, edge in enumerate(connections)],
        "triggers": ["start"],
    }
    return Workflow.model_validate(publish(Workflow.model_validate(document)))


def _node(node_id: str, kind: str, configurations: Mapping[str, Any]) -> dict[str, Any]:
    type_, subtype = kind.split(".")
    return {
        "id": node_id,
        "name": node_id,
        "type": type_,
        "subtype": subtype,
        "configurations": dict(configurations),
    }


def _edge(source: str, target: str, key: str = "result") -> dict[str, Any]:
    return {"from_node": source, "to_node": target, "output_key": key}
