"""Inputs: what an attempt works on, and the names its expressions may use.

Everything is read from settled rows, so it is the same for every attempt of a node execution.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from treadle.core.ids import made_at
from treadle.dag.expressions import Budget
from treadle.dag.graph import CompiledGraph, CompiledNode, Edge
from treadle.dag.inputs import shape
from treadle.dag.results import reference_in
from treadle.dag.scopes import ROOT, enclosing_scope, ordinal_of, parent_scope
from treadle.dag.specs.loops import FOR_EACH
from treadle.dag.values import Value
from treadle.ledger.engine.leases import Claim, Ref
from treadle.workers.attempts.records import Records
from treadle.workers.attempts.result_pages import referred_to, result_of


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came to a node, before its own texts are rendered."""

    variables: dict[str, Value]
    """Names for expressions, all but `input`."""
    sources: tuple[tuple[Edge, Value], ...]
    """The taken connections in their order, each with its converted output."""

    @property
    def input(self) -> dict[str, Value]:
        return shape(self.sources)


class InputReader:
    """Finds what arrived at the nodes of one graph's executions."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def at(
        self,
        graph: CompiledGraph,
        ref: Ref,
        *,
        chosen: int | None = None,
        budget: Budget | None = None,
    ) -> Arrived:
        """Return what arrived at `ref`.

        Args:
            chosen: the connection that a MERGE for any was made ready by; no other counts.
            budget: what conversions may cost together; one of their own each if `None`.

        Raises:
            ExpressionFailed: a conversion on the way failed; the failure is this node's.
        """
        node = graph.nodes[ref.node]
        by = next((edge for edge in node.incoming if edge.index == chosen), None)
        variables = self._variables(graph, node, ref, by)
        taken = []
        for edge, output in self._taken(graph, node, ref):
            if by is not None and edge is not by:
                continue
            converted = output
            if edge.conversion is not None:
                converted = edge.conversion.evaluate({**variables, "output": output}, budget)
            taken.append((edge, converted))
        return Arrived(variables, tuple(taken))

    def look_ahead(self, claims: Sequence[Claim]) -> None:
        """Read what several claims have to come from at once, instead of claim by claim."""
        self._records.settled(
            {
                each.ref._replace(node=edge.source)
                for each in claims
                for edge in each.node.incoming
                if not _is_entry(each.graph, edge)
            }
        )

    def _taken(
        self, graph: CompiledGraph, node: CompiledNode, ref: Ref
    ) -> list[tuple[Edge, Value]]:
        """Return the taken connections with their sources' outputs."""
        plain = [edge for edge in node.incoming if not _is_entry(graph, edge)]
        settled = self._records.settled([ref._replace(node=edge.source) for edge in plain])
        taken = []
        for edge in node.incoming:
            if _is_entry(graph, edge):
                taken.append((edge, self._entry(graph, ref, edge.source)))
                continue
            source = settled.get(ref._replace(node=edge.source))
            if source is not None and source.output_key == edge.output_key:
                taken.append((edge, source.output))
        return taken

    def _entry(self, graph: CompiledGraph, ref: Ref, loop: str) -> dict[str, Value]:
        """Return what a loop puts out by `body` into the scope of `ref`."""
        over_entries = graph.nodes[loop].spec is FOR_EACH
        names = ("item", "index") if over_entries else ("index", "last")
        values = self._loop_values(graph, ref, loop, frozenset(names))
        return {name: values[name] for name in names}

    def _variables(
        self, graph: CompiledGraph, node: CompiledNode, ref: Ref, by: Edge | None
    ) -> dict[str, Value]:
        names = node.names
        variables: dict[str, Value] = {}
        if "execution" in names:
            metadata, started = graph.workflow.metadata, made_at(ref.execution_id)
            variables["execution"] = {
                "id": str(ref.execution_id),
                "workflow_id": metadata.id,
                "scope": ref.scope,
                "start_time": int(started.timestamp() * 1000),
                "started_at": started.isoformat(timespec="milliseconds"),
            }
        if "trigger" in names:
            variables["trigger"] = self._trigger(graph, ref)
        if node.nodes:
            variables["nodes"] = self._nodes(graph, node, ref, by)
        wanted = names & {"item", "index", "last"}
        loop = node.loop
        while wanted and loop is not None:
            values = self._loop_values(graph, ref, loop, wanted)
            variables.update(values)
            wanted -= values.keys()
            loop = graph.nodes[loop].loop
        return variables

    def _trigger(self, graph: CompiledGraph, ref: Ref) -> Value:
        refs = [Ref(ref.execution_id, ROOT, trigger) for trigger in graph.triggers]
        fired = [s for s in self._records.settled(refs).values() if s.output_key is not None]
        return fired[0].output if fired else None

    def _nodes(
        self, graph: CompiledGraph, node: CompiledNode, ref: Ref, by: Edge | None
    ) -> Mapping[str, Value]:
        """Return the outputs of the settled nodes that the texts name.

        A node that waits for any sees what had settled when its input was fixed, in each attempt
        the same: its losers run on, and may have settled by the next one.
        """
        refs = {}
        for named in node.nodes:
            try:
                scope = enclosing_scope(ref.scope, graph.nodes[named].loop)
            except KeyError:
                continue  # it stands in a loop that does not enclose this node
            refs[Ref(ref.execution_id, scope, named)] = named
        found = self._records.settled(refs if by is None else self._fixed(graph, refs, ref, by))
        return {
            refs[each]: settled.output
            for each, settled in found.items()
            if settled.output_key is not None
        }

    def _fixed(
        self, graph: CompiledGraph, refs: Collection[Ref], ref: Ref, by: Edge
    ) -> Collection[Ref]:
        """Return those of `refs` that had settled when `ref` became ready by one connection."""
        if _is_entry(graph, by):  # at the opening of its scope, when nothing in there had settled
            return [each for each in refs if each.scope != ref.scope]
        return self._records.settled_by_then(refs, ref._replace(node=by.source))

    def _loop_values(
        self, graph: CompiledGraph, ref: Ref, loop: str, wanted: frozenset[str] | set[str]
    ) -> dict[str, Value]:
        """Return those of `item`, `index` and `last` that `loop` gives to the scope of `ref`."""
        scope = enclosing_scope(ref.scope, loop)
        at = Ref(ref.execution_id, parent_scope(scope), loop)
        ordinal = ordinal_of(scope)
        values: dict[str, Any] = {}
        if graph.nodes[loop].spec is FOR_EACH:
            if "item" in wanted:
                values["item"] = self._item(graph, at, ordinal)
            if "index" in wanted:
                values["index"] = ordinal
            return values
        if "index" in wanted:
            bounds = self._records.loop_items(at)
            values["index"] = bounds["start"] + ordinal * bounds["step"] if bounds else ordinal
        if "last" in wanted:
            values["last"] = self.last(graph, at, ordinal)
        return values

    def _item(self, graph: CompiledGraph, loop: Ref, ordinal: int) -> Value:
        """Return an entry of what a FOR_EACH goes over: a list, or results in the ledger."""
        items = self._records.loop_items(loop)
        ref = reference_in(items)
        if ref is None:
            return items[ordinal]
        return referred_to(self._records, graph, loop.execution_id, ref).at(ordinal)

    def last(self, graph: CompiledGraph, loop: Ref, turn: int) -> Value:
        """Return what a turn sees as `last`: the result before, at first the loop's input."""
        if turn == 0:
            return self.input_of(graph, loop)
        before = self._records.iterations(graph, loop, range(turn - 1, turn))
        return result_of(graph, loop.node, before[0])

    def input_of(self, graph: CompiledGraph, ref: Ref, *, chosen: int | None = None) -> Value:
        """Return a node's input: what arrived, overlaid with its rendered `input_params`."""
        arrived = self.at(graph, ref, chosen=chosen)
        return overlaid(graph.nodes[ref.node], arrived)


def overlaid(
    node: CompiledNode, arrived: Arrived, budget: Budget | None = None
) -> dict[str, Value]:
    """Return what arrived, overlaid with the rendered `input_params`: the author wins."""
    came = arrived.input
    own = node.input_params.render({**arrived.variables, "input": came}, budget)
    return {**came, **own} if own else came


def _is_entry(graph: CompiledGraph, edge: Edge) -> bool:
    return edge.output_key == "body" and graph.nodes[edge.source].is_loop
