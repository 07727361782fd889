"""An execution in a notebook: a table of its nodes."""

from __future__ import annotations

from html import escape

from treadle.wire.executions import ExecutionRecord

#: Nodes that are shown; a loop may have thousands.
_SHOWN = 100


def table_of(execution: ExecutionRecord) -> str:
    """Return an execution as HTML."""
    head = f"{execution.workflow_id} v{execution.workflow_version}: {execution.status}"
    rows = [
        f"<tr><td>{escape('/'.join(filter(None, (each.scope, each.node_id))))}</td>"
        f"<td>{escape(str(each.status))}</td><td>{each.duration_ms or 0} ms</td>"
        f"<td>{escape(each.error.error_message) if each.error else ''}</td></tr>"
        for each in execution.node_executions[:_SHOWN]
    ]
    left = len(execution.node_executions) - _SHOWN
    more = f"<p>and {left} more</p>" if left > 0 else ""
    return (
        f"<p><b>{escape(head)}</b> <code>{escape(execution.id)}</code></p><table>"
        "<tr><th>node</th><th>status</th><th>took</th><th>error</th></tr>"
        f"{''.join(rows)}</table>{more}"
    )
