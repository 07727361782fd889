"""From n8n's document to a workflow: node by node, in the order in which they run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from treadle.importing.building import Building
from treadle.importing.n8n.document import Document, Node, read
from treadle.importing.n8n.failures import collected, retries, with_errors
from treadle.importing.n8n.joins import (
    Arrival,
    Branches,
    as_items,
    by,
    connect,
    joined,
    keys_of,
    together,
)
from treadle.importing.n8n.kinds import LOOP, NodeKind, kind_of
from treadle.importing.n8n.loops import Loop, Order, ordered
from treadle.importing.n8n.scope import Items, Read, Scope
from treadle.importing.n8n.step import Output, Outputs, Step, listed
from treadle.importing.n8n.triggers import is_trigger
from treadle.importing.report import Reason, Report
from treadle.importing.texts import literal, slug


def translate(raw: Mapping[str, Any], report: Report) -> Building:
    """Return the workflow that n8n's document becomes, before it is finished."""
    document = read(raw, report)
    order = ordered(document, report)
    building = Building(report)
    translation = _Translation(document, order, building, str(raw.get("name") or "workflow"))
    for name in order.names:
        translation.take(document.nodes[name])
    return building


@dataclass(slots=True)
class _Translation:
    """What is known so far."""

    document: Document
    order: Order
    building: Building
    name: str
    outputs: dict[str, Outputs] = field(default_factory=dict)
    branches: dict[str, Branches] = field(default_factory=dict)
    started: str | None = None
    """The trigger that was added, for nodes to which nothing leads."""

    def take(self, node: Node) -> None:
        """Translate one node, with what comes to it."""
        kind = kind_of(node.type)
        arrivals = self._arrivals(node)
        trigger = is_trigger(node.type) and kind.translate is kind_of("manualTrigger").translate
        if trigger:
            self.branches[node.name] = {"a trigger": frozenset({node.name})}
            arrivals = []
        elif not arrivals and not self._start(node):
            self.building.report.add(
                node.path, Reason.NODE_LOST, f"Nothing leads to {node.name!r}; it is left out."
            )
            return
        else:
            self.branches[node.name] = together(arrivals) if arrivals else {}
        node_id = self.building.reserve(slug(node.name, slug(node.type)))
        if not arrivals and not trigger:
            arrives = [Output(str(self.started))]
            items, sources = Items.ONE, [(0, arrives[0])]
        elif node.type == "merge":
            items, sources = self._separately(arrivals)
            arrives = [each for _, each in sources]
        else:
            items, arrives = joined(arrivals, node, node_id, self.building) if arrivals else (
                Items.ONE, [])  # fmt: skip
            sources = [(0, each) for each in arrives]
        if node.raw.get("executeOnce") is True and items is Items.MANY and node.type != LOOP:
            arrives = [replace(each, items=Items.ONE, convert=_first(each)) for each in arrives]
            items = Items.ONE
        if node.raw.get("alwaysOutputData") is True:
            self.building.report.add(
                node.path,
                Reason.SETTING_LOST,
                "`alwaysOutputData`: a node always puts out a value.",
            )
        step = self._step(node, node_id, items, sources)
        if node.type == LOOP:
            self._loop(step, arrives)
        else:
            self._translated(step, kind, arrives)

    def _arrivals(self, node: Node) -> list[Arrival]:
        """Return what comes to a node by the connections whose source was translated."""
        found = []
        for edge in sorted(self.document.into(node.name), key=lambda each: each.input):
            output = self.outputs.get(edge.source, {}).get(edge.output)
            if output is None:
                if edge.source in self.outputs:
                    message = f"{edge.source!r} has no output {edge.output} here."
                    path = self.document.nodes[edge.source].path
                    self.building.report.add(path, Reason.CONNECTION_LOST, message)
                continue
            above = self.branches.get(edge.source, {})
            found.append(
                Arrival(edge, output, by(output, above, keys_of(self.outputs[edge.source])))
            )
        return found

    def _start(self, node: Node) -> bool:
        """Add a trigger for what nothing leads to, if there is none; return whether it did."""
        if any(is_trigger(each.type) for each in self.document.nodes.values()):
            return False
        if self.started is None:
            self.started = self.building.reserve("start")
            self.building.add(self.started, "TRIGGER.MANUAL", {}, name="start", path="")
            self.building.report.add(
                "", Reason.TRIGGER_ADDED, "Nothing starts this workflow; `start`, a manual trigger,"
                " does.",
            )  # fmt: skip
        return True

    def _separately(self, arrivals: list[Arrival]) -> tuple[Items, list[tuple[int, Output]]]:
        """Return what arrives at each input of a merge, as lists."""
        sources = [(each.edge.input, each.output) for each in arrivals]
        return Items.MANY, sources

    def _step(
        self, node: Node, node_id: str, items: Items, sources: list[tuple[int, Output]]
    ) -> Step:
        scope = Scope(
            self.building.report,
            ("nodes", node.index),
            items=items,
            nodes=self._reads(node),
            workflow=self.name,
        )
        used = frozenset(each.output for each in self.document.out_of(node.name))
        return Step(
            node, node_id, scope, self.building, used, self.document.parts[node.name], sources
        )

    def _reads(self, node: Node) -> dict[str, Read]:
        """Return what of earlier nodes can be read where a node stands."""
        homes = self.order.homes[node.name]
        found = {}
        for name in self.order.before[node.name]:
            output = self.outputs.get(name, {}).get(0)
            inside = self.order.homes[name]
            if name in self.order.loops and name in homes:
                found[name] = Read("item", Items.ONE)
            elif output is not None and inside == homes[: len(inside)]:
                found[name] = Read(output.convert(f"nodes.{output.node}"), output.items)
        return found

    def _translated(self, step: Step, kind: NodeKind, arrives: list[Output]) -> None:
        """Translate a node; one that looks at items one by one gets a loop if many arrive."""
        node, scope = step.node, step.scope
        step.outer = retries(node, scope) if kind.has_effects else {}
        if scope.items is Items.ONE or kind.takes_lists:
            outputs = with_errors(node, kind.translate(step), scope, self.building)
            for entry in step.entries:
                for each in arrives:
                    wanted = Items.MANY if node.type == "merge" else scope.items
                    connect(self.building, as_items(each, wanted), entry)
            self._keep(node, outputs)
            return
        loop = self.building.reserve(f"{step.id}_items")
        step.scope = replace(scope, items=Items.ONE, index="index")
        outputs = kind.translate(step)
        made, on_error = collected(node, outputs, loop)
        self.building.add(
            loop, "FLOW.FOR_EACH", {"over": "input.data", "max_parallel": 1, **on_error},
            name=f"{node.name} items", path=node.path, position=node.position,
        )  # fmt: skip
        scope.report.add(
            node.path,
            Reason.PER_ITEM,
            f"n8n runs {node.name!r} once for each item; `{loop}`, a FLOW.FOR_EACH, does so here,"
            f" with `{step.id}` as its body.",
        )
        for each in arrives:
            connect(self.building, each, loop)
        for entry in step.entries:
            self.building.connect(loop, "body", entry, "output.item")
        if outputs[0].items is Items.MANY:
            made = {number: self._flat(node, each) for number, each in made.items()}
        self._keep(node, made)

    def _flat(self, node: Node, output: Output) -> Output:
        """Make one list of the lists of all iterations."""
        flat = self.building.reserve(f"{slug(node.name, slug(node.type))}_all")
        config = {"operation": "flatten", "over": "input.data"}
        self.building.add(flat, "ACTION.DATA_TRANSFORMATION", config, name=f"{node.name} all",
                          path=node.path, position=node.position)  # fmt: skip
        connect(self.building, output, flat)
        return Output(flat, items=Items.MANY, convert=listed)

    def _keep(self, node: Node, outputs: Outputs) -> None:
        self.outputs[node.name] = outputs

    def _loop(self, step: Step, arrives: list[Output]) -> None:
        """Make Loop Over Items: its body gets one item, or a batch of them."""
        node, loop = step.node, self.order.loops[step.node.name]
        size = node.parameters.get("batchSize", 1 if node.version >= 3 else 10)
        if not isinstance(size, int) or size < 1:
            step.note(
                Reason.SETTING_CHANGED, "The size of a batch is fixed here; it is 1.", "batchSize"
            )
            size = 1
        if node.options.get("reset") not in (None, False):
            step.note(
                Reason.LOOP_DIFFERS, "`reset` has no equivalent; the loop runs once.", "options"
            )
        over = "input.data" if size == 1 else f"input.data | batch({size})"
        step.note(
            Reason.PER_ITEM,
            f"{node.name!r} is `{step.id}`, a FLOW.FOR_EACH with one iteration at a time"
            + ("." if size == 1 else f", of {size} items each."),
        )
        loop_id = step.add("FLOW.FOR_EACH", {"over": over, "max_parallel": 1})
        for each in arrives:
            connect(self.building, as_items(each, Items.MANY), loop_id)
        many = Items.ONE if size == 1 else Items.MANY
        self._keep(
            node,
            {
                loop.body_output: Output(loop_id, ("body",), many, lambda root: f"{root}.item"),
                loop.done_output: Output(loop_id, ("done",), Items.MANY, self._results(step, loop)),
            },
        )

    def _results(self, step: Step, loop: Loop) -> Any:
        """Return how the results of a loop are read, which are what its last nodes put out."""
        reading: list[str] = []  # not empty while they are: a loop may be a last node of itself

        def read_results(root: str) -> str:
            if reading:
                return f"{root}.results"
            reading.append(root)
            try:
                return read_once(root)
            finally:
                reading.clear()

        def read_once(root: str) -> str:
            texts = {
                output.convert("item")
                for leaf in loop.leaves
                for output in self.outputs.get(leaf, {}).values()
            }
            lists = any(
                output.items is Items.MANY
                for leaf in loop.leaves
                for output in self.outputs.get(leaf, {}).values()
            )
            if len(texts) > 1 or lists:
                step.note(
                    Reason.LOOP_DIFFERS,
                    f"The results of `{step.id}` are what the last nodes of each iteration put out,"
                    " one value an iteration; n8n has the items that came back.",
                )
            one = texts.pop() if len(texts) == 1 else "item"
            return (
                f"{root}.results" if one == "item" else f"({root}.results | each({literal(one)}))"
            )

        return read_results


def _first(output: Output) -> Any:
    return lambda root: f"({output.convert(root)})[0]" if output.items is Items.MANY else (
        output.convert(root)
    )  # fmt: skip
