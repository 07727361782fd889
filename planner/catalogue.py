"""The catalogue: the description of the node types for a model, made from their specs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from treadle.core.secret_offers import LOCAL_OWNER, SecretOffer
from treadle.dag.node_docs import field_lines_of
from treadle.dag.specs import AVAILABLE, NodeSpec


@cache
def system_prompt() -> str:
    """Return the instructions, followed by every node type that can run."""
    return _prompt("system") + "\n\n".join(map(description_of, AVAILABLE))


def offered_secrets(offers: Mapping[str, SecretOffer], owner: str) -> str:
    """Return what follows the node types: the secrets that an owner may use, by name alone."""
    lines = []
    for name, offer in offers.items():
        hosts = f", for {', '.join(map(str, offer.hosts))} only" if offer.hosts else ""
        lines.append(f"- secrets.{name}{hosts}")
    if owner == LOCAL_OWNER:  # whose secrets need not be listed
        lines.append("- secrets.NAME with a name of your own, if none of these fits")
    listed = "\n".join(lines) or "(none)"
    return f"\n\nSecrets that steps may use, and no others:\n{listed}\n"


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
