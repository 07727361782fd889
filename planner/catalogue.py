"""The catalogue: what a model is told of node types, made from their specs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from treadle.dag.node_docs import field_lines_of
from treadle.dag.specs import AVAILABLE, NodeSpec


@cache
def system_prompt() -> str:
    """Return the instructions, and after them every node type that can run."""
    return _prompt("system") + "\n\n".join(map(told, AVAILABLE))


@cache
def repair_prompt() -> str:
    """Return what stands before the problems of a plan that is to be mended."""
    return _prompt("repair")


@cache
def small_prompt() -> str:
    """Return the instructions for a small model; the step types it is offered follow."""
    return _prompt("small")


def told(spec: NodeSpec) -> str:
    """Return what a model is told of one node type."""
    return "\n".join(_lines(spec))


def _lines(spec: NodeSpec) -> Iterator[str]:
    yield f"{spec.key}: {spec.description}"
    yield f"  Output keys: {spec.puts_out}."
    for field in field_lines_of(spec, spec.configurations):
        default = f", default {field.default}" if field.default else ", required"
        yield f"  - {field.name} ({field.kind}; {field.type}{default}): {field.said}"
    if spec.example:
        example = json.dumps(dict(spec.example), ensure_ascii=False)
        yield f"  Example of its settings, as JSON: {example}"


def _prompt(name: str) -> str:
    return (files("treadle.planner") / "prompts" / f"{name}.md").read_text("utf-8")
