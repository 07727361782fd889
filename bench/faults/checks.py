"""What holds of every execution that has ended, read from the ledger in a session of its own.

The same invariants as in `tests/fault/invariants.py`, for many executions at once.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
import psycopg

from bench.faults.mix import Kind
from treadle.dag.events import FINAL_EVENTS, EventType

_ENDED = """
select id, status, outstanding, next_seq from executions
where id = any(%s) and finished_at is not null
"""
_NODES = """
select execution_id, scope, node, state, lease_id is not null, output,
       floor(extract(epoch from finished_at))::bigint
from node_executions where execution_id = any(%s)
"""
_SCOPES = """
select execution_id, scope from scopes
where execution_id = any(%s) and (status = 'open' or outstanding <> 0)
"""
_EVENTS = "select execution_id, body from events where execution_id = any(%s) order by 1, seq"
#: By the state of a node, the event that says so.
_SETTLED_BY = {
    "completed": EventType.NODE_COMPLETED,
    "failed": EventType.NODE_FAILED,
    "skipped": EventType.NODE_SKIPPED,
}


@dataclass(frozen=True)
class Sent:
    """An execution that a gateway acknowledged."""

    kind: Kind
    number: int


@dataclass(frozen=True)
class Found:
    """What a look at some executions found."""

    ended: list[UUID]
    settled: Counter[int]
    """Nodes of those that ended, by the second in which they did."""
    problems: list[str]


def look(session: psycopg.Connection, sent: Mapping[UUID, Sent]) -> Found:
    """Check those of `sent` that have ended."""
    rows = session.execute(_ENDED, (list(sent),)).fetchall()
    ids = [row[0] for row in rows]
    settled: Counter[int] = Counter()
    problems: list[str] = []
    if not ids:
        return Found(ids, settled, problems)
    nodes = defaultdict[UUID, list[tuple[Any, ...]]](list)
    for execution_id, *node in session.execute(_NODES, (ids,)):
        nodes[execution_id].append(tuple(node))
        settled[node[-1]] += 1
    events = defaultdict[UUID, list[Any]](list)
    for execution_id, body in session.execute(_EVENTS, (ids,)):
        events[execution_id] += orjson.loads(body)
    for execution_id, scope in session.execute(_SCOPES, (ids,)):
        problems.append(f"{execution_id}: scope {scope!r} is open")
    for execution_id, *end in rows:
        one = sent[execution_id]
        found = problems_of(one, tuple(end), nodes[execution_id], events[execution_id])
        problems += [f"{execution_id} ({one.kind.name}): {each}" for each in found]
    return Found(ids, settled, problems)


def problems_of(
    sent: Sent,
    end: tuple[Any, ...],
    nodes: list[tuple[Any, ...]],
    events: list[dict[str, Any]],
) -> list[str]:
    """Return what is wrong with one execution that ended.

    Args:
        sent: what it is.
        end: its status, outstanding nodes and the number of its next event.
        nodes: scope, node, state, whether a lease is held, output and second of each.
        events: all of them, in order.
    """
    status, outstanding, next_seq = end
    return [
        *_wrong_end(sent, status, outstanding, nodes),
        *_wrong_nodes(nodes, events),
        *_wrong_events(events, next_seq),
    ]


def _wrong_end(
    sent: Sent, status: str, outstanding: int, nodes: list[tuple[Any, ...]]
) -> list[str]:
    problems = []
    if status != sent.kind.status:
        problems.append(f"it ended as {status}")
    if outstanding:
        problems.append(f"{outstanding} nodes are outstanding")
    outputs = [node[4] for node in nodes if node[:2] == ("", sent.kind.last)]
    output = orjson.loads(outputs[0]) if outputs and outputs[0] is not None else None
    if status == "SUCCESS":
        found, expected = sent.kind.read(output), sent.kind.expected(sent.number)
        if found != expected:
            problems.append(f"its output is {found}, not {expected}")
    return problems


def _wrong_nodes(nodes: list[tuple[Any, ...]], events: list[Any]) -> list[str]:
    """Each node has one outcome, and its event says the same."""
    outcomes = defaultdict[tuple[str, str], list[str]](list)
    for event in events:
        if event["event_type"] in _SETTLED_BY.values():
            outcomes[event["data"]["scope"], event["data"]["node_id"]].append(event["event_type"])
    problems = []
    for scope, node, state, is_held, _, finished in nodes:
        said = outcomes[scope, node]
        if finished is None or is_held:
            problems.append(f"node {scope} {node} is {state}, and held: {is_held}")
        elif said != [_SETTLED_BY[state]] and state != "canceled":
            problems.append(f"node {scope} {node} is {state}; its events are {said}")
    return problems


def _wrong_events(events: list[Any], next_seq: int) -> list[str]:
    """They are numbered without a gap, and exactly the last one is an end."""
    problems = []
    if [event["seq"] for event in events] != list(range(1, next_seq)):
        problems.append("its events have a gap")
    finals = [event["seq"] for event in events if event["event_type"] in FINAL_EVENTS]
    if finals != [next_seq - 1]:
        problems.append(f"it ended {len(finals)} times")
    return problems
