"""A plan drawn for a person: its graph as a tree, and what is to be known before it runs.

What a model wrote is literal text (`plain_text`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text
from rich.tree import Tree

from treadle.cli.errors import problem_lines
from treadle.cli.execution_view import duration
from treadle.cli.plain_text import counted, plain
from treadle.wire.objects import members
from treadle.wire.plans import PlanPlaceholder, PlanResult

#: Characters of a step's purpose that its line shows.
_PURPOSE_WIDTH = 80
_STAGES: Mapping[str, str] = {
    "asking": "asking {model}, round {round}",
    "checking": "checking “{title}”, {steps}",
    "fixing": "finishing “{title}”",
}


def drawn(plan: PlanResult) -> RenderableType:
    """Draw what was planned."""
    parts: list[RenderableType] = [_graph(plan), Text(plain(plan.rationale), "dim")]
    for heading, lines in (
        ("assumptions", [plain(each) for each in plan.assumptions]),
        ("placeholders", [_placeholder(each) for each in plan.placeholders]),
        ("warnings", list(problem_lines([members(each) for each in plan.warnings]))),
        ("fixed by rule", [plain(f"{each.path}: {each.done}") for each in plan.fixes]),
    ):
        if lines:
            parts.append(Text(heading, "bold"))
            parts += [Text(f"  {line}") for line in lines]
    parts.append(Text(_spent(plan), "dim"))
    return Group(*parts)


def stage_line(stage: Mapping[str, Any]) -> str:
    """Return a stage of planning as a line."""
    steps = counted(len(stage.get("steps", ())), "step")
    values = {"model": "", "round": "", "title": "", **stage, "steps": steps}
    return plain(_STAGES.get(stage["stage"], stage["stage"]).format_map(values))


def _graph(plan: PlanResult) -> Tree:
    workflow = plan.workflow
    nodes = {node["id"]: node for node in workflow["nodes"]}
    following: dict[str, list[tuple[str, str]]] = {each: [] for each in nodes}
    for each in workflow["connections"]:
        following[each["from_node"]].append((each["output_key"], each["to_node"]))
    root = Tree(Text(plain(plan.title), "bold"))
    seen: set[str] = set()
    todo = [(root, Text(), trigger) for trigger in reversed(workflow["triggers"])]
    while todo:
        place, label, node_id = todo.pop()
        if node_id in seen:
            place.add(label + Text(f"{plain(node_id)} (above)", "dim"))
            continue
        seen.add(node_id)
        branch = place.add(label + _line(nodes[node_id]))
        after = following[node_id]
        if len(after) == 1:  # stands below with an arrow, not further in: chains stay readable
            key, target = after[0]
            todo.append((place, Text("↓ ", "cyan") + _key(key), target))
        else:
            todo += [(branch, _key(key), target) for key, target in reversed(after)]
    return root


def _key(key: str) -> Text:
    return Text() if key == "result" else Text(f"{plain(key)} → ", "cyan")


def _line(node: Mapping[str, Any]) -> Text:
    purpose = plain(node["description"])
    if len(purpose) > _PURPOSE_WIDTH:
        purpose = purpose[: _PURPOSE_WIDTH - 1] + "…"
    kind = plain(f"{node['type']}.{node['subtype']}")
    line = Text.assemble((plain(node["id"]), "green"), f"  {kind}")
    return line.append(f"  {purpose}", "dim") if purpose else line


def _placeholder(each: PlanPlaceholder) -> str:
    suggested = f" (such as {each.suggestion})" if each.suggestion else ""
    return plain(f"{each.name}: {each.type}. {each.description}{suggested}")


def _spent(plan: PlanResult) -> str:
    tokens, cost = plan.tokens, plan.cost_usd
    return "  ".join(
        [
            plain(plan.model),
            f"{tokens.input:,} + {tokens.output:,} tokens",
            "cost unknown" if cost is None else f"{cost:.4f} USD",
            duration(round(plan.seconds * 1000)),
            *_repairs(plan.problems_repaired),
        ]
    )


def _repairs(problems: Sequence[object]) -> Iterator[str]:
    if problems:
        yield f"{counted(len(problems), 'problem')} repaired"
