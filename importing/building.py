"""The workflow that an import builds: nodes, connections, then the document, validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from treadle.dag.problems import Problem
from treadle.dag.validation import validate
from treadle.importing.report import Reason, Report
from treadle.importing.texts import shown_name, slug, unlike, with_secrets

_REASONS = {
    "expression_invalid": Reason.EXPRESSION_NOT_TRANSLATED,
    "secret_not_allowed_here": Reason.SECRET_MISPLACED,
}
_ADVICE = {
    Reason.SECRET_MISPLACED: "Move it to a header, a query parameter, the body or `auth` of the"
    " request that uses it, or read it in a `@task`."
}


@dataclass(slots=True)
class Made:
    """A node of the workflow."""

    id: str
    document: dict[str, Any]
    path: str
    """Where in the file it came from."""


@dataclass(slots=True)
class Building:
    """A workflow under construction."""

    report: Report
    nodes: list[Made] = field(default_factory=list)
    connections: list[dict[str, Any]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)

    def reserve(self, name: str) -> str:
        """Return an id of its own for a node that is called so."""
        found = unlike(slug(name), self.ids)
        self.ids.add(found)
        return found

    def add(  # noqa: PLR0913 - what a node is
        self,
        node_id: str,
        key: str,
        configurations: dict[str, Any],
        *,
        name: str,
        path: str,
        description: str = "",
        input_params: dict[str, Any] | None = None,
        position: tuple[float, float] | None = None,
    ) -> None:
        """Add a node, of the type and subtype `key`."""
        kind, _, subtype = key.partition(".")
        document: dict[str, Any] = {
            "id": node_id, "name": shown_name(name), "type": kind, "subtype": subtype,
        }  # fmt: skip
        if description:
            document["description"] = description
        if configurations:
            document["configurations"] = configurations
        if input_params:
            document["input_params"] = input_params
        if position is not None:
            document["position"] = {"x": position[0], "y": position[1]}
        self.nodes.append(Made(node_id, document, path))

    def connect(self, source: str, key: str, target: str, conversion: str | None = None) -> None:
        """Add a connection, unless it is there."""
        connection = {"from_node": source, "to_node": target}
        if key != "result":
            connection["output_key"] = key
        if any(_ends(each) == (source, key, target) for each in self.connections):
            return
        if conversion not in (None, "output"):
            connection["conversion_function"] = str(conversion)
        self.connections.append({"id": f"c{len(self.connections) + 1}", **connection})

    def finish(self, metadata: dict[str, Any]) -> dict[str, Any]:
        """Return the workflow; what validation would refuse besides stands in the report."""
        nodes = [self._settled(each) for each in self.nodes]
        document = {
            "metadata": with_secrets(metadata, lambda _: "***"),
            "nodes": nodes,
            "connections": [with_secrets(each, _named_in_text) for each in self.connections],
            "triggers": [each["id"] for each in nodes if each["type"] == "TRIGGER"],
        }
        for problem in validate(document).problems:
            if "not_translated(" not in problem.message:
                self._tell(problem)
        return document

    def _tell(self, problem: Problem) -> None:
        """Report what validation refuses, if the report does not have it yet."""
        reason = _REASONS.get(problem.reason, Reason.NOT_VALID)
        self.report.add(
            self._origin(problem),
            reason,
            f"In the imported workflow, {problem.path or 'the document'}: {problem.message}"
            f" {_ADVICE.get(reason, problem.solution)}",
        )

    def _settled(self, made: Made) -> dict[str, Any]:
        """Return a node in which secrets are named, as its fields take them."""
        node = made.document
        is_task = node["subtype"] == "PYTHON_TASK"
        settled = {}
        for name, value in node.items():
            if name in ("name", "description"):
                settled[name] = with_secrets(value, lambda _: "***")
            elif name == "input_params" and is_task:
                settled[name] = with_secrets(value, lambda secret: f"TREADLE_SECRET_{secret}")
            else:
                settled[name] = with_secrets(value, _named_in_text)
        return settled

    def _origin(self, problem: Problem) -> str:
        part, _, rest = problem.path.partition("[")
        index = rest.partition("]")[0]
        if part == "nodes" and index.isdigit() and int(index) < len(self.nodes):
            return self.nodes[int(index)].path
        return ""


def _named_in_text(name: str) -> str:
    return f"{{{{ secrets.{name} }}}}"


def _ends(connection: dict[str, Any]) -> tuple[str, str, str]:
    return connection["from_node"], connection.get("output_key", "result"), connection["to_node"]
