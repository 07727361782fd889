"""The configuration fields that every node type has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import ConfigDict, Field

from treadle.dag.fields import Fixed
from treadle.dag.model import Described
from treadle.dag.problems import Problem
from treadle.dag.values import Value


class Configuration(Described):
    """The fields of every node's configurations; the base of each spec's model."""

    # A process checks the configurations of few node types, and starts the sooner.
    model_config = ConfigDict(defer_build=True)

    timeout: Annotated[int, Fixed()] = Field(default=420, ge=1, le=1000)
    """Seconds that one attempt may take."""
    max_retries: Annotated[int, Fixed()] = Field(default=3, ge=0, le=10)
    """Attempts after the first, made only when an error is retryable."""
    retry_min_ms: Annotated[int, Fixed()] = Field(default=500, ge=0, le=86_400_000)
    """Milliseconds before a retry, at least; the most is twice that and doubles with each."""
    retry_max_ms: Annotated[int, Fixed()] = Field(default=60_000, ge=0, le=86_400_000)
    """Milliseconds before a retry, at most, however often it has doubled."""
    enabled: Annotated[bool, Fixed()] = True
    """Accepted for compatibility; a node cannot be disabled, so only true is valid."""


ALIASES: Mapping[str, str] = {"retry_attempts": "max_retries"}
"""Aliases of fields in definitions; publication writes the field itself."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How attempts of a node are limited and repeated."""

    timeout: timedelta
    max_retries: int
    retry_min: timedelta
    retry_max: timedelta


def policy(config: Mapping[str, Value]) -> Policy:
    """Read the attempt policy from complete configurations."""
    return Policy(
        timeout=timedelta(seconds=config["timeout"]),
        max_retries=config["max_retries"],
        retry_min=timedelta(milliseconds=config["retry_min_ms"]),
        retry_max=timedelta(milliseconds=config["retry_max_ms"]),
    )


def canonical(raw: Mapping[str, Value]) -> dict[str, Value]:
    """Return a configuration with aliases replaced by the fields they mean."""
    return {ALIASES.get(key, key): value for key, value in raw.items()}


def check_policy(raw: Mapping[str, Value]) -> Iterator[Problem]:
    """Report problems that involve several fields."""
    for alias, name in ALIASES.items():
        if alias in raw and name in raw:
            yield Problem(
                alias,
                "unknown_field",
                f"`{alias}` is an alias of `{name}`, which is set too.",
                f"Remove `{alias}`.",
            )
    low, high = raw.get("retry_min_ms"), raw.get("retry_max_ms")
    fields = Configuration.model_fields
    low = fields["retry_min_ms"].default if low is None else low
    high = fields["retry_max_ms"].default if high is None else high
    if isinstance(low, int) and isinstance(high, int) and low > high:
        yield Problem(
            "retry_min_ms",
            "out_of_range",
            f"The shortest delay, {low} ms, is above the longest, {high} ms.",
            "Lower `retry_min_ms` or raise `retry_max_ms`.",
        )
    if raw.get("enabled") is False:
        yield Problem(
            "enabled",
            "feature_not_implemented",
            "A node cannot be disabled: what its successors would receive is not defined.",
            "Remove the node, or route around it with FLOW.IF.",
        )
