"""One node of n8n's on its way to nodes of Treadle."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from treadle.dag.problems import Step as PathStep
from treadle.importing.building import Building
from treadle.importing.n8n.document import Node
from treadle.importing.n8n.scope import Convert, Items, Scope, same
from treadle.importing.report import Reason


@dataclass(frozen=True, slots=True)
class Output:
    """What comes out of one output of n8n's node."""

    node: str
    """The node of Treadle's that it comes from."""
    keys: tuple[str, ...] = ("result",)
    """By any of these keys."""
    items: Items = Items.ONE
    convert: Convert = same
    """How the item, or the list, is read from that node's output."""


Outputs: TypeAlias = Mapping[int, Output]


@dataclass(slots=True)
class Step:
    """What a translator works with."""

    node: Node
    id: str
    scope: Scope
    building: Building
    used: frozenset[int]
    """The outputs that lead anywhere."""
    parts: Sequence[tuple[str, Node]] = ()
    """Models, tools and the like that belong to it."""
    sources: Sequence[tuple[int, Output]] = ()
    """What arrives, with the input that it arrives at."""
    entries: list[str] = field(default_factory=list)
    """The nodes of Treadle's that take its input."""
    outer: dict[str, Any] = field(default_factory=dict)
    """Configurations that every node of this kind gets, such as its retries."""

    @property
    def many(self) -> bool:
        """Whether many items arrive."""
        return self.scope.items is Items.MANY

    def note(self, reason: Reason, message: str, *steps: PathStep) -> None:
        """Report something about the node, or about one of its parameters."""
        path = self.node.at(*steps) if steps else self.node.path
        self.scope.report.add(path, reason, message)

    def maps(self, key: str) -> None:
        """Report what the node became."""
        self.note(Reason.MAPPED, f"{self.node.name!r} ({self.node.type}) is `{self.id}`, {key}.")

    def template(self, value: Any, *steps: PathStep) -> Any:
        """Write a parameter as a template."""
        return self.scope.template(value, "parameters", *steps)

    def expression(self, value: Any, *steps: PathStep) -> str:
        """Write a parameter as a bare expression."""
        return self.scope.expression(value, "parameters", *steps)

    def add(
        self,
        key: str,
        configurations: dict[str, Any],
        *,
        suffix: str = "",
        input_params: dict[str, Any] | None = None,
        description: str = "",
    ) -> str:
        """Add a node of Treadle's that takes the input; return its id."""
        node_id = self.building.reserve(f"{self.id}_{suffix}") if suffix else self.id
        notes = self.node.raw.get("notes")
        said = [each for each in (description, notes) if isinstance(each, str) and each]
        self.building.add(
            node_id,
            key,
            {**configurations, **self.outer},
            name=f"{self.node.name} {suffix}" if suffix else self.node.name,
            path=self.node.path,
            description="\n\n".join(said),
            input_params=input_params,
            position=self.node.position,
        )
        self.entries.append(node_id)
        return node_id

    def compute(self, expression: str, *, items: Items = Items.ONE) -> Outputs:
        """Add a node that puts out the value of an expression."""
        self.maps("ACTION.DATA_TRANSFORMATION")
        node = self.add(
            "ACTION.DATA_TRANSFORMATION", {"operation": "custom", "expression": expression}
        )
        return {0: Output(node, items=items, convert=listed if items is Items.MANY else same)}


Translator: TypeAlias = Callable[[Step], Outputs]


def listed(root: str) -> str:
    """The list of items under `data`."""
    return f"{root}.data"
