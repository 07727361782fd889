"""A workflow that is not valid: each problem with the line of the program that it comes from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from treadle.builder.nodes import Node
from treadle.core.errors import TreadleError
from treadle.dag.problems import Problem

_PLACE = re.compile(r"(nodes|connections)\[([0-9]+)\]")


class WorkflowInvalid(TreadleError):
    """The workflow is not valid; `problems` lists every error."""

    reason: ClassVar[str] = "workflow_invalid"
    solution: ClassVar[str] = "Fix what is listed, at the lines that are named."

    @classmethod
    def of(
        cls,
        name: str,
        document: Mapping[str, Any],
        nodes: Sequence[Node],
        problems: Sequence[Problem],
    ) -> WorkflowInvalid:
        """Return the error of a document whose nodes these are."""
        found = [_told(each, document, nodes) for each in problems]
        lines = [f"The workflow {name} is not valid:"]
        for each in found:
            if "source" in each:
                lines.append(f"  {each['file']}:{each['line']}: {each['source']}")
            lines.append(f"    {each['path']}: {each['message']} {each['solution']}")
        return cls("\n".join(lines), problems=found)


def _told(
    problem: Problem, document: Mapping[str, Any], nodes: Sequence[Node]
) -> dict[str, str | int]:
    """Return a problem with the line that made what it is about."""
    told: dict[str, str | int] = asdict(problem)
    place = _PLACE.match(problem.path)
    if place is None:
        return told
    number = int(place[2])
    if place[1] == "connections":
        target = document["connections"][number]["to_node"]
        node = next((each for each in nodes if each.id == target), None)
    else:
        node = nodes[number]
    if node is not None and node.line is not None:
        told |= {"file": node.line.file, "line": node.line.number, "source": node.line.source}
    return told
