"""Rules about the graph as a whole: cycles, reachability, loop bodies, unconnected timeouts."""

from __future__ import annotations

from treadle.dag.limits import Limits
from treadle.dag.problems import Problem, quoted
from treadle.dag.questions import Decision
from treadle.dag.specs import BODY_KEY
from treadle.dag.specs.people import PEOPLE_SPECS
from treadle.dag.topology import Topology
from treadle.dag.validation.draft import Draft
from treadle.dag.validation.report import Report

#: Nodes of a cycle that the message names, at most.
NODES_SHOWN = 12


def topology_of(sketch: Draft) -> Topology:
    """Return the topology of the readable parts, without connections of a node to itself."""
    links = [
        each.link
        for each in sketch.connections
        if each.link.source in sketch.nodes
        and each.link.target in sketch.nodes
        and each.link.source != each.link.target
    ]
    triggers = [each for _, each in sketch.triggers if each in sketch.nodes]
    return Topology(sketch.nodes, links, triggers, sketch.loops)


def check_structure(sketch: Draft, topology: Topology, limits: Limits, report: Report) -> None:
    """Report cycles, unreachable nodes, and connections that leave a loop's body."""
    cycle = topology.cycle()
    if cycle:
        shown = " → ".join(cycle[:NODES_SHOWN]) + (" → …" if len(cycle) > NODES_SHOWN else "")
        report.add(
            Problem(
                "connections",
                "cycle",
                f"The connections form a cycle: {shown} → {cycle[0]}.",
                "Remove one of its connections; to repeat steps use FLOW.LOOP or FLOW.FOR_EACH.",
            )
        )
    if sketch.triggers:
        for node in sketch.nodes.values():
            if node.id not in topology.reachable:
                message = f"No path leads from a trigger to {quoted(node.id)}, so it never runs."
                solution = "Connect it or remove it; a TRIGGER node must be named in triggers."
                report.add(Problem("", "unreachable", message, solution).under("nodes", node.index))
    _check_loops(sketch, topology, limits, report)
    _check_questions(sketch, report)


def _check_loops(sketch: Draft, topology: Topology, limits: Limits, report: Report) -> None:
    entered = {each.link.source for each in sketch.connections if each.link.output_key == BODY_KEY}
    for loop, node in sketch.nodes.items():
        if loop not in sketch.loops:
            continue
        place = report.under("nodes", node.index)
        if loop not in entered:
            message = f"The loop {quoted(loop)} repeats nothing."
            solution = "Connect its output key `body` to the first node it repeats."
            place(Problem("", "missing_body", message, solution))
        if topology.depth(loop) >= limits.loops_deep:
            message = f"Loops are nested more than {limits.loops_deep} deep."
            place(Problem("", "loops_too_deep", message, "Move inner loops to another workflow."))
    for link in topology.leaving():
        home = link.source if link.output_key == BODY_KEY else topology.loop_of(link.source)
        message = (
            f"{quoted(link.target)} is not part of the body of the loop {quoted(home)}, "
            f"where this connection starts: some path reaches it from outside."
        )
        solution = f"Connect it to the key `done` of {quoted(home)}, which carries the results."
        place = report.under("connections", link.index)
        place(Problem("", "leaves_loop_body", message, solution))


def _check_questions(sketch: Draft, report: Report) -> None:
    """Report questions that continue by `timeout` without a connection from it."""
    connected = {
        each.link.source for each in sketch.connections if each.link.output_key == Decision.TIMEOUT
    }
    for node in sketch.nodes.values():
        action = node.configurations.get("timeout_action")
        if node.spec in PEOPLE_SPECS and action == "continue" and node.id not in connected:
            message = f"Unanswered, {quoted(node.id)} leaves by `timeout`, which leads nowhere."
            solution = "Connect its output key `timeout` to the node that runs then."
            place = report.under("nodes", node.index, "configurations")
            place(Problem("timeout_action", "timeout_not_connected", message, solution))
