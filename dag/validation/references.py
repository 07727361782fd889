"""Rules about what texts read: only nodes that run before, and a warning if the shape varies."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from treadle.dag.compiled import Texts
from treadle.dag.expressions import Expression
from treadle.dag.fields import has_template, texts_in
from treadle.dag.problems import Problem, Step, quoted
from treadle.dag.specs.loops import LOOP_SPECS
from treadle.dag.topology import Link, Topology
from treadle.dag.validation.draft import Draft, DraftNode
from treadle.dag.validation.report import Report
from treadle.dag.values import Value

_READS_SOURCE = re.compile(
    r"\binput\s*(?:\.\s*([A-Za-z_]\w*)|\[\s*(?:'([^']*)'|\"([^\"]*)\")\s*\])"
)

Condition: TypeAlias = tuple[object, ...]
"""A token for the condition under which something is taken; equal tokens mean the same runs."""


def check_upstream(
    sketch: Draft,
    topology: Topology,
    compiled: tuple[Mapping[str, Texts], Mapping[int, Expression]],
    report: Report,
) -> None:
    """Report texts that read the output of a node that might not have run before them."""
    reads = list(_reads(sketch, *compiled))
    if not reads or topology.cycle():
        return
    upstream = topology.upstream()
    position = {node_id: index for index, node_id in enumerate(topology.order)}
    for reader, steps, names in reads:
        for name in sorted(names):
            if name in position and not upstream[reader] >> position[name] & 1:
                message = (
                    f"`nodes` holds no {quoted(name)} here: no path leads from it to "
                    f"{quoted(reader)}, so it might not have run."
                )
                solution = f"Connect {quoted(name)} so that it comes before {quoted(reader)}."
                report.under(*steps)(Problem("", "expression_invalid", message, solution))


def _reads(
    sketch: Draft, texts: Mapping[str, Texts], conversions: Mapping[int, Expression]
) -> Iterator[tuple[str, tuple[Step, ...], frozenset[str]]]:
    """Yield each text that reads other nodes: its node, its path, and the nodes it reads."""
    for node_id, compiled in texts.items():
        index = sketch.nodes[node_id].index
        config = ("nodes", index, "configurations")
        for path, expression in compiled.expressions.items():
            if expression.nodes:
                yield node_id, (*config, path), expression.nodes
        for name, template in compiled.configurations.templates.items():
            if template.nodes:
                yield node_id, (*config, name), template.nodes
        if compiled.input_params.nodes:
            yield node_id, ("nodes", index, "input_params"), compiled.input_params.nodes
    for each in sketch.connections:
        conversion = conversions.get(each.link.index)
        if conversion is not None and conversion.nodes:
            steps = ("connections", each.link.index, "conversion_function")
            yield each.link.target, steps, conversion.nodes


def warn_of_varying_input(sketch: Draft, topology: Topology, report: Report) -> None:
    """Warn of `input.<source>` in nodes with different taken sources from run to run."""
    into: dict[str, list[Link]] = defaultdict(list)
    for each in sketch.connections:
        into[each.link.target].append(each.link)
    taken: dict[str, Condition] = {}
    for node_id in topology.order:
        found = {_condition(link, sketch, taken) for link in into[node_id]}
        if len(found) == 1:
            taken[node_id] = found.pop()
            continue
        taken[node_id] = ("join", node_id)
        sources = {link.source for link in into[node_id]}
        if len(sources) > 1:
            for problem in _varying(sketch.nodes[node_id], sources):
                report.warn(problem)


def _condition(link: Link, sketch: Draft, taken: Mapping[str, Condition]) -> Condition:
    spec = sketch.nodes[link.source].spec
    if spec is None:
        return (link.source, link.output_key)
    keys = spec.keys(sketch.nodes[link.source].configurations)
    # A loop that does not fail always leaves by `done`, like others by their only key.
    always = link.output_key == keys[-1] if spec in LOOP_SPECS else keys == (link.output_key,)
    return taken[link.source] if always else (link.source, link.output_key)


def _varying(node: DraftNode, sources: set[str]) -> Iterator[Problem]:
    for steps, source in _sources(node):
        for match in _READS_SOURCE.finditer(source):
            name = next(group for group in match.groups() if group is not None)
            if name in sources:
                yield Problem(
                    "",
                    "input_shape_varies",
                    f"`input.{name}` exists only when several connections are taken.",
                    f"Read `nodes.{name}`, which does not depend on the others.",
                ).under("nodes", node.index, *steps)
                break


def _sources(node: DraftNode) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield every expression and template of a node, as text."""
    rendered: list[tuple[tuple[Step, ...], Value]] = [(("input_params",), node.input_params)]
    if node.spec is not None:
        for where, source, _ in node.spec.expressions(node.configurations):
            yield ("configurations", *where), source
        for name, plan in node.spec.fields.items():
            if name in node.configurations and not plan.literal:
                rendered.append((("configurations", name), node.configurations[name]))
    for steps, value in rendered:
        for where, text in texts_in(value, steps):
            if has_template(text):
                yield where, text
