"""What one node makes of its input: docs/nodes.md, for the nodes that need no world."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.reference import lists
from tests.reference.expressions import Evaluator
from tests.reference.lists import Refused

__all__ = ["Refused", "Source", "Step", "as_object", "run_node"]


@dataclass(frozen=True, slots=True)
class Source:
    """A taken connection's converted output."""

    node_id: str
    output: Any
    is_loop: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A node that is ready, with all it may look at."""

    subtype: str
    configurations: Mapping[str, Any]
    input: dict[str, Any]
    variables: Mapping[str, Any]
    sources: tuple[Source, ...]
    evaluator: Evaluator
    tasks: Mapping[str, Callable[..., Any]]

    @property
    def goes_over_range(self) -> bool:
        return bool(self.configurations.get("loop_type", "for_range") == "for_range")

    def setting(self, name: str, default: Any) -> Any:
        """A configuration whose strings are templates."""
        value = self.configurations.get(name)
        return default if value is None else self.evaluator.render(value, self.variables)

    def evaluate(self, source: str, **more: Any) -> Any:
        """A configuration that is a bare expression."""
        return self.evaluator.evaluate(source, {**self.variables, **more})

    def entries(self, name: str) -> list[Any]:
        """What a field goes over: a list, or an object's entries."""
        over = self.evaluate(self.configurations.get(name) or "input.data | default(none)")
        if isinstance(over, dict):
            return [{"key": key, "value": value} for key, value in over.items()]
        if isinstance(over, list):
            return over
        raise Refused("not_a_list")

    def holds(self, name: str, **more: Any) -> bool:
        return bool(self.evaluate(self.configurations[name], **more))

    def where(self, name: str) -> list[Any]:
        """The items of `over` for which a field's expression holds."""
        return [
            item
            for index, item in enumerate(self.entries("over"))
            if self.holds(name, item=item, index=index)
        ]

    def mapped(self, **more: Any) -> dict[str, Any]:
        fields = self.configurations["field_mapping"]
        return {key: self.evaluate(source, **more) for key, source in fields.items()}


def as_object(value: Any) -> dict[str, Any]:
    """Data as it travels: an object, and what is none stands under `data`."""
    return value if isinstance(value, dict) else {"data": value}


def run_node(step: Step) -> tuple[str, Any]:
    """Return the key a node leaves by and what it puts out.

    Raises:
        ExpressionFailed: an expression or a template of the node failed.
        Refused: the node cannot work on what it got.
    """
    return _NODES[step.subtype](step)


def _if(step: Step) -> tuple[str, Any]:
    return ("true" if step.holds("condition_expression") else "false"), step.input


def _switch(step: Step) -> tuple[str, Any]:
    for case in step.configurations["cases"]:
        if step.evaluate(case["when"]):
            return case["key"], step.input
    return step.configurations["default"], step.input


def _delay(step: Step) -> tuple[str, Any]:
    return "result", step.input


def _filter(step: Step) -> tuple[str, Any]:
    kept = step.where("expression")
    return "result", {"data": kept, "count": len(kept)}


def _sort(step: Step) -> tuple[str, Any]:
    field, order = step.setting("sort_field", None), step.setting("order", "asc")
    return "result", {"data": lists.ordered(step.entries("over"), field, order)}


def _merge(step: Step) -> tuple[str, Any]:
    parts = [_contribution(source) for source in step.sources]
    strategy = step.setting("merge_strategy", "concatenate")
    key = step.setting("key", None)
    if strategy == "join":
        data = lists.joined(parts, key, step.setting("how", "inner"))
    else:
        data = {
            "concatenate": lists.concatenated,
            "union": lambda parts: lists.union(parts, key),
            "intersection": lambda parts: lists.intersection(parts, key),
            "zip": lists.zipped,
        }[strategy](parts)
    return "result", {"data": data}


def _contribution(source: Source) -> list[Any]:
    output = source.output
    if isinstance(output, dict):
        if isinstance(output.get("data"), list):
            return list(output["data"])
        if source.is_loop and isinstance(output.get("results"), list):
            return list(output["results"])
    return [output]


def _transform(step: Step) -> tuple[str, Any]:
    operation = step.setting("operation", "map")
    value = _OPERATIONS[operation](step)
    return "result", {"data": value} if operation == "aggregate" else as_object(value)


def _map(step: Step) -> Any:
    if step.configurations.get("over") is None:
        return step.mapped()
    return [step.mapped(item=item, index=index) for index, item in enumerate(step.entries("over"))]


def _task(step: Step) -> tuple[str, Any]:
    return "result", as_object(step.tasks[step.setting("task", None)](**step.input))


_OPERATIONS: Mapping[str, Callable[[Step], Any]] = {
    "map": _map,
    "custom": lambda step: step.evaluate(step.configurations["expression"]),
    "filter": lambda step: step.where("expression"),
    "sort": lambda step: lists.ordered(
        step.entries("over"), step.setting("sort_field", None), step.setting("order", "asc")
    ),
    "flatten": lambda step: lists.flattened(step.entries("over"), step.setting("depth", 1)),
    "dedupe": lambda step: lists.distinct(step.entries("over"), step.setting("dedupe_fields", [])),
    "split_out": lambda step: lists.split_out(
        step.entries("over"), step.setting("field", None), step.setting("include_rest", False)
    ),
    "join": lambda step: lists.join(
        step.entries("over"),
        step.entries("other"),
        (step.setting("key", None), step.setting("other_key", step.setting("key", None))),
        step.setting("how", "inner"),
    ),
    "aggregate": lambda step: lists.figures(
        step.entries("over"), step.configurations["aggregation_functions"]
    ),
    "group_by": lambda step: lists.grouped(
        step.entries("over"),
        step.setting("group_by_fields", None),
        step.configurations.get("aggregation_functions"),
    ),
}

_NODES: Mapping[str, Callable[[Step], tuple[str, Any]]] = {
    "IF": _if,
    "SWITCH": _switch,
    "DELAY": _delay,
    "FILTER": _filter,
    "SORT": _sort,
    "MERGE": _merge,
    "DATA_TRANSFORMATION": _transform,
    "PYTHON_TASK": _task,
}
