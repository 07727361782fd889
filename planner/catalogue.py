"""The catalogue: the description of the node types for a model, made from their specs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.node_docs import field_lines_of
from treadle.dag.specs import AVAILABLE, NodeSpec


@cache
def system_prompt() -> str:
    """Return the instructions, followed by every node type that can run."""
    return _prompt("system") + "\n\n".join(map(description_of, AVAILABLE))


def offers_to(owner: str, settings: Settings) -> str:
    """Return what follows the node types: the names that an owner's plans may use."""
    offers = settings.planner_offers
    parts = [
        ("Secrets", list(_secrets_of(owner, settings))),
        ("Tasks", offers.tasks_of(owner)),
        ("Models", offers.models_of(owner)),
    ]
    lines = []
    for kind, names in parts:
        listed = "\n".join(f"- {name}" for name in sorted(names or ())) or "(none)"
        named = "- those that the request names" if names is None else listed
        lines.append(f"{kind} that steps may use, and no others:\n{named}\n")
    return "\n\n" + "\n".join(lines)


def _secrets_of(owner: str, settings: Settings) -> Iterator[str]:
    """Yield the secrets of an owner, each with its hosts."""
    for name, offer in settings.offered_secrets.listed_for(owner).items():
        hosts = f", for {', '.join(map(str, offer.hosts))} only" if offer.hosts else ""
        yield f"secrets.{name}{hosts}"
    if owner == LOCAL_OWNER:  # whose secrets need not be listed
        yield "secrets.NAME with a name of your own, if no other fits"


@cache
def repair_prompt() -> str:
    """Return the text that precedes the problems of a plan to be corrected."""
    return _prompt("repair")


@cache
def small_prompt() -> str:
    """Return the instructions for a small model."""
    return _prompt("small")


def description_of(spec: NodeSpec) -> str:
    """Return the description of one node type."""
    return "\n".join(_lines(spec))


def _lines(spec: NodeSpec) -> Iterator[str]:
    yield f"{spec.key}: {spec.description}"
    yield f"  Output keys: {spec.puts_out}."
    for field in field_lines_of(spec, spec.configurations):
        default = f", default {field.default}" if field.default else ", required"
        yield f"  - {field.name} ({field.kind}; {field.type}{default}): {field.description}"
    if spec.example:
        example = json.dumps(dict(spec.example), ensure_ascii=False)
        yield f"  Example of its settings, as JSON: {example}"


def _prompt(name: str) -> str:
    return (files("treadle.planner") / "prompts" / f"{name}.md").read_text("utf-8")
