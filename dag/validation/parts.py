"""Rules about single nodes, connections and triggers, and about their ids."""

from __future__ import annotations

from collections.abc import Mapping

from treadle.dag.model import SYSTEM_PREFIX
from treadle.dag.problems import Problem, quoted
from treadle.dag.specs import SUBTYPES, USABLE, instead_of, spec_of
from treadle.dag.validation.draft import Draft, DraftConnection
from treadle.dag.validation.report import Report
from treadle.dag.values import Value

#: Ids that clients and proxies take out of an address, however they are written.
_RELATIVE = {".", ".."}
#: Characters without width that stand for white space or forbid a break. Stored definitions may
#: hold them, so that only validation refuses them, and not the model.
_INVISIBLE = frozenset("\u180e\u200b\u2060\ufeff")
_WITHOUT_SLASH = "Use an id without /, such as one with - in its place."


def check_ids(document: Mapping[str, Value], report: Report) -> None:
    """Report duplicate ids of nodes and of connections, and a workflow id that cannot be one."""
    metadata = document.get("metadata")
    own = metadata.get("id") if isinstance(metadata, dict) else None
    if isinstance(own, str) and own.startswith(SYSTEM_PREFIX):
        message = f"Ids that begin with {quoted(SYSTEM_PREFIX)} are reserved for Treadle."
        report.add(Problem("metadata.id", "reserved_id", message, "Choose another id."))
    if isinstance(own, str) and ("/" in own or own in _RELATIVE):
        message = f"No address can name {quoted(own)}: it would be read as a path."
        report.add(Problem("metadata.id", "unaddressable_id", message, _WITHOUT_SLASH))
    for part in ("nodes", "connections"):
        seen: set[str] = set()
        listed = document.get(part)
        for index, each in enumerate(listed if isinstance(listed, list) else ()):
            part_id = each.get("id") if isinstance(each, dict) else None
            if not isinstance(part_id, str):
                continue
            if part_id in seen:
                message = f"The id {quoted(part_id)} appears twice among the {part}."
                report.under(part, index)(
                    Problem("id", "duplicate_id", message, "Give each its own id.")
                )
            seen.add(part_id)


def check_types(document: Mapping[str, Value], report: Report) -> None:
    """Report nodes with a name that looks like another, or a type that is not to be had."""
    nodes = document.get("nodes")
    for index, node in enumerate(nodes if isinstance(nodes, list) else ()):
        if isinstance(node, dict):
            name = node.get("name")
            if isinstance(name, str) and not _INVISIBLE.isdisjoint(name):
                message = "The name holds white space without width."
                solution = "Remove it, or join the words of the name with _ or -."
                report.under("nodes", index)(
                    Problem("name", "name_has_white_space", message, solution)
                )
            kind, subtype = node.get("type"), node.get("subtype")
            if isinstance(kind, str):
                problem = _type_problem(kind, subtype, report) or _extras_problem(node)
                if problem is not None:
                    report.add(problem.under("nodes", index))


def _type_problem(kind: str, subtype: Value, report: Report) -> Problem | None:
    if kind not in SUBTYPES:
        message = f"There is no node type {quoted(kind)}."
        usable = [each for each in USABLE if USABLE[each]]
        solution = report.hints.closest(kind, usable) or f"Use one of {', '.join(usable)}."
        return Problem("type", "unknown_node_type", message, solution)
    if not isinstance(subtype, str):
        return None
    spec = spec_of(kind, subtype)
    if spec is None:
        known = USABLE[kind]
        message = f"{kind} has no subtype {quoted(subtype)}."
        of_other = [f"{other}.{subtype}" for other in USABLE if subtype in USABLE[other]]
        solution = (
            f"Use {' or '.join(of_other)}."
            if of_other
            else report.hints.closest(subtype, known)
            or (f"Use one of {', '.join(known)}." if known else instead_of(kind))
        )
        return Problem("subtype", "unknown_node_subtype", message, solution)
    if not spec.available:
        return Problem(
            "subtype",
            "node_type_not_available",
            f"{spec.key} is known, but this release cannot run it.",
            instead_of(kind, subtype),
        )
    return None


def _extras_problem(node: Mapping[str, Value]) -> Problem | None:
    """Return the problem of a field that the node's type does not allow, if any."""
    spec = spec_of(str(node["type"]), str(node.get("subtype")))
    version = node.get("spec_version")
    if spec is not None and isinstance(version, str) and version != spec.version:
        return Problem(
            "spec_version",
            "unknown_spec_version",
            f"This release has version {spec.version} of {spec.key}, not {quoted(version)}.",
            "Remove spec_version; publication writes it.",
        )
    if not node.get("attached_nodes"):
        return None
    if node["type"] != "AI_AGENT":
        return Problem(
            "attached_nodes",
            "attached_nodes_not_allowed",
            "Only AI_AGENT nodes have attached nodes.",
            "Remove attached_nodes, or connect the nodes.",
        )
    return Problem(
        "attached_nodes",
        "feature_not_implemented",
        "This release calls a model without tools and memory.",
        "Remove attached_nodes; give the model what it needs in its prompt.",
    )


def check_configurations(sketch: Draft, report: Report) -> None:
    """Report configurations that do not match the node's spec."""
    for node in sketch.all_nodes:
        if node.spec is not None:
            for problem in node.spec.problems(node.configurations, report.hints):
                report.add(problem.under("nodes", node.index, "configurations"))


def check_triggers(document: Mapping[str, Value], sketch: Draft, report: Report) -> None:
    """Report a workflow without triggers, and triggers that are not trigger nodes."""
    if document.get("triggers", []) == []:
        message = "Nothing starts this workflow."
        solution = "Add a TRIGGER node and name it in triggers."
        report.add(Problem("triggers", "no_trigger", message, solution))
    seen: set[str] = set()
    for index, trigger in sketch.triggers:
        problem = None
        node = sketch.nodes.get(trigger)
        if node is None:
            problem = _unknown_node(trigger, "", sketch, report)
        elif node.spec is not None and not node.spec.is_trigger:
            message = f"{quoted(trigger)} is a {node.spec.key} node, not a trigger."
            problem = Problem("", "trigger_not_a_trigger", message, "Name a TRIGGER node.")
        elif trigger in seen:
            problem = Problem("", "duplicate_trigger", "It is named twice.", "Name it once.")
        if problem is not None:
            report.add(problem.under("triggers", index))
        seen.add(trigger)


def check_connections(sketch: Draft, report: Report) -> None:
    """Report connections with unknown ends or output keys, and duplicates."""
    seen: set[tuple[str, str, str]] = set()
    for each in sketch.connections:
        place = report.under("connections", each.link.index)
        for problem in _end_problems(each, sketch, report):
            place(problem)
        link = each.link
        key = (link.source, link.target, link.output_key)
        if key in seen:
            message = (
                f"{quoted(link.source)} and {quoted(link.target)} are already connected like this."
            )
            place(Problem("", "duplicate_connection", message, "Remove one of the two."))
        seen.add(key)
        if link.source == link.target:
            message = f"{quoted(link.source)} is connected to itself."
            place(Problem("", "cycle", message, "Remove it; to repeat steps use FLOW.LOOP."))


def _end_problems(each: DraftConnection, sketch: Draft, report: Report) -> list[Problem]:
    problems = []
    link = each.link
    for end, node_id in (("from_node", link.source), ("to_node", link.target)):
        if node_id not in sketch.nodes:
            problems.append(_unknown_node(node_id, end, sketch, report))
    source, target = sketch.nodes.get(link.source), sketch.nodes.get(link.target)
    if source is not None and source.spec is not None:
        keys = source.spec.output_keys(source.configurations)
        if link.output_key not in keys:
            message = f"{source.spec.key} does not leave by {quoted(link.output_key)}."
            solution = report.hints.closest(link.output_key, keys)
            solution = solution or f"Use one of {', '.join(quoted(key) for key in keys[:16])}."
            problems.append(Problem("output_key", "unknown_output_key", message, solution))
    if target is not None and target.spec is not None and target.spec.is_trigger:
        message = f"{quoted(target.id)} is a trigger: it starts executions and takes no input."
        solution = "Connect to the node after it."
        problems.append(Problem("to_node", "trigger_takes_no_input", message, solution))
    return problems


def _unknown_node(node_id: str, path: str, sketch: Draft, report: Report) -> Problem:
    message = f"There is no node with the id {quoted(node_id)}."
    solution = report.hints.closest(node_id, sketch.nodes) or "Name a node that exists."
    return Problem(path, "unknown_node", message, solution)
