"""Repair rules: what can be fixed in a workflow by rule, after the model's last answer.

A rule removes what is invalid, takes the name that was probably meant, or leaves the choice to a
person as a placeholder. It never adds a step. The plan lists every fix.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from treadle.dag.fields import Bare
from treadle.dag.problems import Problem
from treadle.dag.specs import BODY_KEY, ERROR_KEY, NodeSpec, spec_of
from treadle.dag.validation import Validation, validate
from treadle.dag.validation.offers import NOT_OFFERED
from treadle.planner.building import Document, slug
from treadle.planner.placeholders import Fix, Placeholder

#: Passes over what is left; the last one is the first that fixes nothing.
_PASSES = 10

_PLACE = re.compile(r"(nodes|connections|triggers)\[(\d+)\]\.?(.*)\Z", re.DOTALL)
_MEANT = re.compile(r'Did you mean "([^"]+)"\?')


@dataclass(slots=True)
class Repair:
    """A workflow that is being repaired."""

    document: Document
    placeholders: dict[str, Placeholder]
    fixes: list[Fix] = field(default_factory=list)

    @property
    def nodes(self) -> list[Document]:
        nodes: list[Document] = self.document["nodes"]
        return nodes

    def connect(self, source: str, key: str, target: str) -> None:
        """Add a connection."""
        connections = self.document["connections"]
        numbers = (str(each["id"]).removeprefix("c") for each in connections if each)
        number = 1 + max((int(each) for each in numbers if each.isdigit()), default=0)
        connections.append(
            {"id": f"c{number}", "from_node": source, "output_key": key, "to_node": target}
        )


def fix(
    document: Document,
    placeholders: dict[str, Placeholder],
    check: Callable[[Document], Validation] = validate,
) -> tuple[Validation, list[Fix]]:
    """Repair a workflow in place; return the validation after that, and the fixes.

    Args:
        document: the workflow.
        placeholders: those that there are; some may come.
        check: validates the workflow, for its owner.
    """
    repair = Repair(document, placeholders)
    validation = check(document)
    for _ in range(_PASSES):
        if not validation.problems or not _pass(repair, validation):
            break
        validation = check(document)
    return validation, repair.fixes


def _pass(repair: Repair, validation: Validation) -> bool:
    """Apply one rule to each place that has a problem; return whether anything was fixed."""
    seen: set[tuple[str, str]] = set()
    before = len(repair.fixes)
    for problem in validation.problems:
        place = _PLACE.match(problem.path)
        part, index, inner = place.groups() if place else ("", "0", problem.path)
        spot = (f"{part}[{index}]", inner.partition(".")[0].partition("[")[0])
        if spot in seen:
            continue
        seen.add(spot)
        done = _RULES[part](repair, problem, int(index), inner)
        if done:
            repair.fixes.append(Fix(problem.path, problem.reason, done))
    document = repair.document
    for part in ("connections", "triggers"):
        document[part] = [each for each in document[part] if each is not None]
    return len(repair.fixes) > before


def _repair_node(repair: Repair, problem: Problem, index: int, inner: str) -> str | None:
    node = repair.nodes[index]
    part, _, rest = inner.partition(".")
    if part == "configurations":
        return _repair_setting(repair, problem, node, re.split(r"[.\[]", rest)[0])
    if part == "input_params":
        name = re.split(r"[.\[]", rest)[0]
        return _removed(node["input_params"], name)
    if part in ("id", "name"):
        return _rename(repair, index)
    if part in ("type", "subtype"):
        return _take_meant(node, part, problem)
    rule = {"unreachable": _reach, "missing_body": _give_body}.get(problem.reason)
    return rule(repair, index) if rule is not None else None


def _repair_setting(repair: Repair, problem: Problem, node: Document, name: str) -> str | None:
    spec = spec_of(node["type"], node["subtype"])
    config = node["configurations"]
    if spec is None or not name or problem.reason == NOT_OFFERED:
        return None  # without its secret a step would do something else
    if problem.path.endswith(f".{name}") and problem.reason == "invalid_choice":
        meant = _MEANT.search(problem.solution)
        if meant:
            config[name] = meant.group(1)
            return f"`{name}` is now `{meant.group(1)}`."
    needed = _is_required(spec, name) or problem.reason == "missing" or _is_called(spec, name)
    if name in spec.fields and needed:
        return _ask_for(repair, node, spec, name)
    return _removed(config, name)


def _is_called(spec: NodeSpec, name: str) -> bool:
    """Return whether a setting is an address: without it something else would be called."""
    return name in spec.fields and spec.fields[name].address


def _is_required(spec: NodeSpec, name: str) -> bool:
    known = spec.configurations.model_fields.get(name)
    return known is not None and known.is_required()


def _ask_for(repair: Repair, node: Document, spec: NodeSpec, name: str) -> str | None:
    """Use a placeholder for a required setting without a usable value."""
    plan = spec.fields[name]
    placeholder = slug(f"{node['id']}_{name}")
    if isinstance(plan.shape, Bare):
        text = f"trigger.{placeholder}"
    elif not plan.literal:
        text = f"{{{{ trigger.{placeholder} }}}}"
    else:
        return None
    config = node["configurations"]
    if config.get(name) == text:
        return None
    unusable = config.get(name)
    suggestion = unusable if isinstance(unusable, str) and unusable else None
    description = f"`{name}` of the step `{node['id']}`."
    repair.placeholders[placeholder] = Placeholder(placeholder, "any", description, suggestion)
    config[name] = text
    return f"`{name}` became the placeholder `{placeholder}`."


def _removed(holder: dict[str, Any], name: str) -> str | None:
    if name not in holder:
        return None
    del holder[name]
    return f"`{name}` was left out."


def _rename(repair: Repair, index: int) -> str:
    node = repair.nodes[index]
    taken = {each["id"] for place, each in enumerate(repair.nodes) if place != index}
    base = slug(node["id"])
    base = base if base[0].isalpha() else f"step_{base}"
    number = 2
    name = base
    while name in taken:
        name, number = f"{base}_{number}", number + 1
    if node["id"] not in taken:  # otherwise the other step with that id keeps the connections
        for each in repair.document["connections"]:
            for end in ("from_node", "to_node"):
                if each is not None and each[end] == node["id"]:
                    each[end] = name
    node["id"] = node["name"] = name
    return f"The step is now called `{name}`."


def _take_meant(holder: Document, name: str, problem: Problem) -> str | None:
    meant = _MEANT.search(problem.solution)
    if meant is None:
        return None
    holder[name] = meant.group(1)
    return f"`{name}` is now `{meant.group(1)}`."


def _reach(repair: Repair, index: int) -> str | None:
    """Connect a step to the one listed before it."""
    node = repair.nodes[index]
    if node["type"] == "TRIGGER":
        repair.document["triggers"].append(node["id"])
        return "It was added to the triggers."
    before = repair.nodes[index - 1] if index else None
    if before is None:
        return None
    key = _onward_key(before)
    repair.connect(before["id"], key, node["id"])
    return f"It follows `{before['id']}` now."


def _onward_key(node: Document) -> str:
    spec = spec_of(node["type"], node["subtype"])
    keys = spec.output_keys(node["configurations"]) if spec is not None else ("result",)
    return next(key for key in keys if key != BODY_KEY)


def _give_body(repair: Repair, index: int) -> str | None:
    """Make what follows a loop its body, or else the step listed after it."""
    loop = repair.nodes[index]["id"]
    for each in repair.document["connections"]:
        if each and each["from_node"] == loop and each["output_key"] != ERROR_KEY:
            each["output_key"] = BODY_KEY
            return f"The loop repeats `{each['to_node']}` now."
    if index + 1 < len(repair.nodes):
        repair.connect(loop, BODY_KEY, repair.nodes[index + 1]["id"])
        return f"The loop repeats `{repair.nodes[index + 1]['id']}` now."
    return None


def _repair_connection(repair: Repair, problem: Problem, index: int, inner: str) -> str | None:
    connection = repair.document["connections"][index]
    if connection is None:
        return None
    if inner in ("from_node", "to_node", "output_key") and (
        done := _take_meant(connection, inner, problem)
    ):
        return done
    if inner == "output_key":
        source = next(each for each in repair.nodes if each["id"] == connection["from_node"])
        connection["output_key"] = _onward_key(source)
        return f"It leaves by `{connection['output_key']}` now."
    repair.document["connections"][index] = None
    return f"`{connection['from_node']}` → `{connection['to_node']}` was removed."


def _repair_trigger(repair: Repair, _: Problem, index: int, __: str) -> str | None:
    repair.document["triggers"][index] = None
    return "It was left out."


def _repair_whole(repair: Repair, problem: Problem, _: int, __: str) -> str | None:
    if problem.reason != "cycle":
        return None
    order = {each["id"]: place for place, each in enumerate(repair.nodes)}
    connections = repair.document["connections"]
    for place, each in enumerate(connections):
        if each and order.get(each["from_node"], 0) >= order.get(each["to_node"], 0):
            connections[place] = None
            return f"`{each['from_node']}` → `{each['to_node']}` was removed: it closed a cycle."
    return None


_Rule: TypeAlias = Callable[[Repair, Problem, int, str], str | None]

_RULES: Mapping[str, _Rule] = {
    "nodes": _repair_node,
    "connections": _repair_connection,
    "triggers": _repair_trigger,
    "": _repair_whole,
}
"""By the part of the workflow with the problem; each returns what it did, or `None`."""
