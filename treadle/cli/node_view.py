"""One node of an execution for a person: how it stands, what it got and gave, what went wrong."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from treadle.cli.console import Fit, Titles, output_console, print_table
from treadle.cli.errors import error_lines
from treadle.cli.execution_view import duration
from treadle.cli.files import to_json
from treadle.cli.plain_text import plain, say, wrapped
from treadle.core.errors import TreadleError
from treadle.dag.graph import CompiledGraph
from treadle.dag.problems import Hints, quoted
from treadle.dag.scopes import enclosing_scope
from treadle.wire.errors import WireError
from treadle.wire.executions import ExecutionRecord, NodeExecution

#: Characters of a value that are shown to a person, and iterations that are listed.
_VALUE_CHARACTERS = 2_000
_LISTED = 20
_COLUMNS: Titles = {
    "scope": Fit.WHOLE,
    "status": Fit.WHOLE,
    "took": Fit.WHOLE,
    "error": Fit.SHORTENED,
}
#: What an error says in lines of its own.
_SAID = frozenset({"problems", "node_id", "node_type", "scope", "workflow_id"})


class NodeNotFound(TreadleError):
    """The execution's workflow has no such node, or the node has not run in that scope."""

    reason: ClassVar[str] = "node_not_found"
    solution: ClassVar[str] = "Use the id of a node; `treadle show ID` lists them."


def records_of(
    execution: ExecutionRecord, graph: CompiledGraph, node_id: str, scope: str | None
) -> list[NodeExecution]:
    """Return the records of a node, in its scope or in all; none if it has not begun.

    Raises:
        NodeNotFound
    """
    if node_id not in graph.nodes:
        meant = Hints().closest(node_id, graph.nodes)
        message = f"The execution has no node {quoted(node_id)}. {meant}".rstrip()
        raise NodeNotFound(message, node_id=node_id)
    found = [each for each in execution.node_executions if each.node_id == node_id]
    if scope is None:
        return found
    found = [each for each in found if each.scope == scope]
    if not found:
        raise NodeNotFound(
            f"The node {quoted(node_id)} has not begun in the scope {quoted(scope)}.",
            solution=f"Leave --scope out: treadle show {execution.id} {node_id} lists the scopes.",
            node_id=node_id,
        )
    return found


def print_node(
    execution: ExecutionRecord, graph: CompiledGraph, node_id: str, found: Sequence[NodeExecution]
) -> None:
    """Print a node: its record, or a line for each scope it ran in."""
    node = graph.nodes[node_id].node
    say(plain(f"{node_id}  {node.type}.{node.subtype}  {node.name}"))
    if not found:
        say("  It has not begun.")
    elif len(found) == 1:
        lines = "\n".join(_lines(execution, graph, found[0]))
        say(wrapped(lines, sys.stdout))
    else:
        _list(execution, node_id, found)


def _list(execution: ExecutionRecord, node_id: str, found: Sequence[NodeExecution]) -> None:
    """Print a line for each scope, those that failed first."""
    shown = sorted(found, key=lambda each: each.error is None)[:_LISTED]
    rows = [
        (
            each.scope,
            each.status,
            duration(each.duration_ms),
            " ".join(each.error.error_message.split()) if each.error else "",
        )
        for each in shown
    ]
    print_table(_COLUMNS, rows, output_console())
    if len(found) > len(shown):
        say(f"… {len(found) - len(shown)} more (all: treadle show {execution.id} {node_id} --json)")
    first = plain(shown[0].scope)
    say(f"See one with: treadle show {execution.id} {plain(node_id)} --scope {first}")


def _lines(
    execution: ExecutionRecord, graph: CompiledGraph, record: NodeExecution
) -> Iterator[str]:
    waits = f", waits for: {record.waiting_on}" if record.waiting_on else ""
    scope = f"  in {plain(record.scope)}" if record.scope else ""
    yield f"  status: {record.status}{waits}{scope}"
    if record.start_time is not None:
        ended = f", ended {_moment(record.end_time)}" if record.end_time is not None else ""
        took = f", took {duration(record.duration_ms)}" if record.duration_ms is not None else ""
        yield f"  began {_moment(record.start_time)}{ended}{took}"
    yield f"  attempts: {record.attempt}; retries: {record.retry_count} of {record.max_retries}"
    if record.next_attempt_time is not None:
        yield f"  next at: {_moment(record.next_attempt_time)}"
    for source, value in _arrived(execution, graph, record):
        yield f"  input from {plain(source)}: {_shortened(value)}"
    if record.output_key is not None:
        yield f"  output ({plain(record.output_key)}): {_shortened(record.output_data)}"
    if record.error is not None:
        yield from _error(record.error)


def _arrived(
    execution: ExecutionRecord, graph: CompiledGraph, record: NodeExecution
) -> Iterator[tuple[str, Any]]:
    """Yield what nodes before it put out on the way to it, before any conversion."""
    settled = {(each.node_id, each.scope): each for each in execution.node_executions}
    for edge in graph.nodes[record.node_id].incoming:
        if edge.from_loop and graph.nodes[record.node_id].loop == edge.source:
            continue  # an iteration gets its item, which no record holds
        scope = enclosing_scope(record.scope, graph.nodes[edge.source].loop)
        source = settled.get((edge.source, scope))
        if source is not None and source.output_key == edge.output_key:
            yield edge.source, source.output_data


def _error(error: WireError) -> Iterator[str]:
    details = error.error_details
    facts = details.facts
    said = error_lines(error.error_message, details.reason, details.solution, facts.get("problems"))
    yield from (f"  {line}" for line in said.split("\n"))
    for name, fact in facts.items():
        if name in _SAID or fact in (None, ""):
            continue
        if isinstance(fact, str) and "\n" in fact:  # such as a traceback
            yield f"    {plain(name)}:"
            yield from (f"      {plain(line)}" for line in fact.rstrip().split("\n"))
        else:
            yield f"    {plain(name)}: {plain(fact) if isinstance(fact, str) else to_json(fact)}"


def _shortened(value: Any) -> str:
    text = to_json(value)
    if len(text) <= _VALUE_CHARACTERS:
        return text
    return f"{text[:_VALUE_CHARACTERS]}… (all of it: --json)"


def _moment(milliseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(milliseconds / 1000))
