"""What the demo says at its end: counts, the retry, who decided, and where to look."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from treadle.cli.local import Local
from treadle.cli.plain_text import plain, say
from treadle.cli.prompts import can_ask
from treadle.dag.events import EventType
from treadle.ledger.views import executions
from treadle.wire.executions import ExecutionRecord


def tell_what_happened(local: Local, execution_id: UUID) -> None:
    """Print what an execution of the demo came to."""
    execution = local.execution(execution_id, whole=True)
    say()
    for line in (*_counts(execution), *_retries(local, execution_id), *_where(execution)):
        say(plain(line))


def _counts(execution: ExecutionRecord) -> Iterator[str]:
    counts = ", ".join(f"{count:,} {status}" for status, count in execution.counts.items())
    seconds = (execution.duration_ms or 0) / 1000
    total = sum(execution.counts.values())
    scopes = len({record.scope for record in execution.node_executions} - {""})
    yield f"What happened: {total:,} node executions ({counts}) in {seconds:.2f} s."
    yield f"  fan-out     {scopes} iterations of the loop, each with a branch of its own"
    yield f"  events      {execution.last_seq:,}, each with the transaction that made it true"
    for record in execution.node_executions:
        if record.node_type == "HUMAN_IN_THE_LOOP" and record.output_data:
            answer = record.output_data
            if can_ask():
                by = f"{answer['answered_by']} via {answer['via']}"
                yield f"  a person    {record.node_id}: {answer['decision']} by {by}"
            else:
                yield f"  the demo    {record.node_id}: {answer['decision']}, as nobody sits here"


def _retries(local: Local, execution_id: UUID) -> Iterator[str]:
    after = 0
    while events := executions.events(local.session(), execution_id, after_seq=after):
        after = events[-1].seq
        for event in events:
            if event.event_type == EventType.NODE_RETRYING:
                data = event.data
                yield (
                    f"  retry       {data['node_id']}: {data['error']['error_message']} "
                    f"Tried again after {data['delay_ms'] / 1000:.2f} s."
                )


def _where(execution: ExecutionRecord) -> Iterator[str]:
    report = (execution.output or {}).get("write_report")
    if report is not None:
        yield f"  report      {report['path']}"
        yield f"  map         {report['map']}"
    yield f"See it again: treadle up, and in another terminal: treadle show {execution.id}"
    yield "The HTTP interface is then at http://127.0.0.1:8000/docs, its metrics at /metrics."
