"""The order in which a document is checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ValidationError

from treadle.core.gc_pause import gc_paused
from treadle.dag.compiled import Contexts, Place, Texts, compile_conversion, compile_texts
from treadle.dag.expressions import Expression
from treadle.dag.graph import CompiledGraph, assemble, places_of
from treadle.dag.limits import Limits
from treadle.dag.model import Workflow
from treadle.dag.patterns import PATTERNED, patterns_in
from treadle.dag.problems import Problem
from treadle.dag.shape import problems_of
from treadle.dag.specs.loops import BODY_NAMES
from treadle.dag.topology import Topology
from treadle.dag.validation.draft import Draft, draft
from treadle.dag.validation.parts import (
    check_configurations,
    check_connections,
    check_ids,
    check_triggers,
    check_types,
)
from treadle.dag.validation.reading import Unreadable, read
from treadle.dag.validation.references import check_upstream, warn_of_varying_input
from treadle.dag.validation.report import Report
from treadle.dag.validation.structure import check_structure, topology_of
from treadle.dag.values import Value

ANY_LOOP = frozenset[str]().union(*BODY_NAMES.values())
"""What a text in an unknown place may name: all names of all loops."""


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of validating a document."""

    workflow: Workflow | None
    """The definition; `None` if there is any problem."""
    graph: CompiledGraph | None
    """The same, compiled; `None` if there is any problem."""
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    """What is probably a mistake; prevents nothing."""


def validate(document: object, limits: Limits | None = None) -> Validation:
    """Check any document as a workflow definition and report every problem.

    Args:
        document: JSON text (`str`, or `bytes` of UTF-8), or what such text parses to.
        limits: The limits; by default those of `Limits()`.

    Returns:
        The compiled workflow, or every problem. It never raises.
    """
    with gc_paused():
        return _validated(document, limits or Limits())


def _validated(document: object, limits: Limits) -> Validation:
    report = Report(limits.problems)
    if isinstance(document, BaseModel):
        document = document.model_dump()
    try:
        read_document = read(document, limits, report)
        _check_fitting(read_document, limits)
    except Unreadable as exc:
        report.add(exc.problem)
        return Validation(None, None, report.problems)
    workflow = _shaped(read_document, report)
    sketch = draft(read_document)
    check_ids(read_document, report)
    check_types(read_document, report)
    check_configurations(sketch, report)
    check_triggers(read_document, sketch, report)
    check_connections(sketch, report)
    topology = topology_of(sketch)
    check_structure(sketch, topology, limits, report)
    texts, conversions = _compiled(sketch, topology, report)
    check_upstream(sketch, topology, (texts, conversions), report)
    if workflow is None or report:
        return Validation(None, None, report.problems)
    warn_of_varying_input(sketch, topology, report)
    graph = assemble(workflow, sketch.specs, topology, texts, conversions)
    return Validation(workflow, graph, (), tuple(report.warnings))


def _check_fitting(document: Mapping[str, Value], limits: Limits) -> None:
    """Refuse a document with more parts than a workflow may have."""
    for part, limit in (
        ("nodes", limits.nodes),
        ("connections", limits.connections),
        ("triggers", limits.nodes),
    ):
        listed = document.get(part)
        if isinstance(listed, list) and len(listed) > limit:
            raise Unreadable(
                f"too_many_{part}",
                f"The workflow has {len(listed):,} {part}; at most {limit:,} are allowed.",
                "Repeat steps with FLOW.FOR_EACH, or split the workflow.",
                part,
            )

    _check_patterns(document, limits)


def _check_patterns(document: Mapping[str, Value], limits: Limits) -> None:
    """Refuse a document with more regular expressions than are compiled for one."""
    nodes = document.get("nodes")
    found = {
        pattern
        for node in (nodes if isinstance(nodes, list) else ())
        if isinstance(node, dict) and isinstance(node.get("configurations"), dict)
        for field in PATTERNED
        for pattern in patterns_in(node["configurations"].get(field))
    }
    if len(found) > limits.patterns:
        raise Unreadable(
            "too_many_patterns",
            f"The workflow has {len(found):,} regular expressions; at most {limits.patterns:,} are"
            " allowed.",
            "Use the same pattern in several places, or split the workflow.",
            "nodes",
        )


def _shaped(document: Mapping[str, Value], report: Report) -> Workflow | None:
    """Check the shape of the document; return it as a workflow if it is right."""
    if document.get("nodes") == []:
        message = "A workflow has at least one node."
        report.add(Problem("nodes", "missing", message, "Add a TRIGGER node and what it starts."))
    try:
        return Workflow.model_validate(document)
    except ValidationError as exc:
        report.extend(problems_of(exc, Workflow, report.hints))
        return None


def _compiled(
    sketch: Draft, topology: Topology, report: Report
) -> tuple[dict[str, Texts], dict[int, Expression]]:
    """Compile every readable text in its context."""
    contexts = Contexts(frozenset(sketch.nodes))
    places = places_of(contexts, sketch.specs, topology)
    texts = {}
    for node in sketch.all_nodes:
        if node.spec is not None:
            compiled = compile_texts(
                node.configurations,
                node.input_params,
                node.spec,
                places.get(node.id) or Place(contexts, ANY_LOOP),
                report.under("nodes", node.index),
            )
            if sketch.nodes.get(node.id) is node:
                texts[node.id] = compiled
    conversions = {}
    for each in sketch.connections:
        place = places.get(each.link.target) or Place(contexts, ANY_LOOP)
        sink = report.under("connections", each.link.index)
        conversion = compile_conversion(each.conversion, place, sink)
        if conversion is not None:
            conversions[each.link.index] = conversion
    return texts, conversions
