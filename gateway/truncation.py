"""Shortening: what is too large for an answer is left out of it, with the way to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from treadle.dag.problems import Step, json_path
from treadle.dag.values import Value, dumps
from treadle.ledger.views.executions import INLINE_PAYLOAD_BYTES


def truncated(execution: dict[str, Any]) -> dict[str, Any]:
    """Return an execution as it goes over the wire: without large values, with `left_out`."""
    execution_id = execution["id"]
    left_out: list[dict[str, Any]] = []
    info = execution["trigger_info"]
    size = _too_large(info["trigger_data"])
    if size:
        href = output_href(execution_id, execution["trigger_id"], "")
        left_out.append(_entry(("trigger_info", "trigger_data"), size, href))
        info = {**info, "trigger_data": None}
    output = execution["output"]
    if output is not None:
        output = dict(output)
        for node in list(output):
            if size := _too_large(output[node]):
                del output[node]
                href = output_href(execution_id, node, "")
                left_out.append(_entry(("output", node), size, href))
    left_out += records_left_out(execution_id, execution["node_executions"])
    return {
        **execution,
        "trigger_info": info,
        "output": output,
        "left_out": left_out,
        "nodes_href": f"/v1/executions/{execution_id}/nodes",
    }


def records_left_out(execution_id: str, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return where the outputs are that were too large to come with their records."""
    return [
        _entry(
            ("node_executions", index, "output_data"),
            record["output_bytes"],
            output_href(execution_id, record["node_id"], record["scope"]),
        )
        for index, record in enumerate(records)
        if (record["output_bytes"] or 0) > INLINE_PAYLOAD_BYTES
    ]


def output_href(execution_id: str, node: str, scope: str) -> str:
    """Return where a node execution's output is."""
    href = f"/v1/executions/{execution_id}/nodes/{node}/output"
    return f"{href}?scope={quote(scope, safe='')}" if scope else href


def _entry(steps: tuple[Step, ...], size: int, href: str) -> dict[str, Any]:
    return {"path": json_path(steps), "bytes": size, "href": href}


def _too_large(value: Value) -> int | None:
    """Return a value's size if it is too large to come along."""
    size = len(dumps(value))
    return size if size > INLINE_PAYLOAD_BYTES else None
