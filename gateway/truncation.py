"""Truncation: values that are too large are left out of a response, which has their addresses."""

from __future__ import annotations

from urllib.parse import quote

from treadle.dag.problems import Step, json_path
from treadle.dag.values import Value, dumps
from treadle.ledger.views.executions import INLINE_PAYLOAD_BYTES
from treadle.wire.executions import Execution, ExecutionRecord, LeftOut, NodeExecution
from treadle.wire.objects import members, unchecked

_execution = unchecked(Execution)
_left_out = unchecked(LeftOut)


def truncated(record: ExecutionRecord) -> Execution:
    """Return an execution without its large values, and with their addresses."""
    left_out: list[LeftOut] = []
    info = record.trigger_info
    size = _too_large(info.trigger_data)
    if size:
        href = output_href(record.id, record.trigger_id, "")
        left_out.append(_entry(("trigger_info", "trigger_data"), size, href))
        info = info.model_copy(update={"trigger_data": None})
    output = record.output
    if output is not None:
        output = dict(output)
        for node in list(output):
            if size := _too_large(output[node]):
                del output[node]
                href = output_href(record.id, node, "")
                left_out.append(_entry(("output", node), size, href))
    left_out += records_left_out(record.id, record.node_executions)
    whole = {**members(record), "trigger_info": info, "output": output}
    return _execution(**whole, left_out=left_out, nodes_href=f"/v1/executions/{record.id}/nodes")


def records_left_out(execution_id: str, records: list[NodeExecution]) -> list[LeftOut]:
    """Return the addresses of the outputs that are too large for their records."""
    return [
        _entry(
            ("node_executions", index, "output_data"),
            size,
            output_href(execution_id, record.node_id, record.scope),
        )
        for index, record in enumerate(records)
        if (size := record.output_bytes or 0) > INLINE_PAYLOAD_BYTES
    ]


def output_href(execution_id: str, node: str, scope: str) -> str:
    """Return the address of a node execution's output."""
    href = f"/v1/executions/{execution_id}/nodes/{node}/output"
    return f"{href}?scope={quote(scope, safe='')}" if scope else href


def _entry(steps: tuple[Step, ...], size: int, href: str) -> LeftOut:
    return _left_out(path=json_path(steps), bytes=size, href=href)


def _too_large(value: Value) -> int | None:
    """Return a value's size in bytes if it is too large for a response."""
    size = len(dumps(value))
    return size if size > INLINE_PAYLOAD_BYTES else None
