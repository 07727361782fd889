"""Flow: where a run branches, joins and waits. Loops have their own module."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from treadle.dag.fields import PER_ITEM, Bare, Expression, Fixed
from treadle.dag.model import Strict
from treadle.dag.problems import Problem
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import ERROR_KEY, Config, Join, NodeSpec


class If(Configuration):
    """Two branches."""

    condition_expression: Expression
    """Empty, zero, null and false count as false."""


IF = NodeSpec(
    "FLOW",
    "IF",
    "Leaves by `true` or `false`, as its condition says.",
    If,
    keys=lambda _: ("true", "false"),
    puts_out="true, false: its input",
    example={"condition_expression": "input.amount > 100"},
)


def _output_key(value: str) -> str:
    if value == ERROR_KEY:
        raise PydanticCustomError("reserved_output_key", "`error` is the key of failures.")
    return value


OutputKey = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_output_key)]


class Case(Strict):
    """One branch of a switch."""

    key: OutputKey
    """The key it leaves by."""
    when: Expression
    """Whether the case holds."""


class Switch(Configuration):
    """Many branches; the first case with a true condition is taken."""

    cases: Annotated[list[Case], Fixed()] = Field(min_length=1, max_length=256)
    """In order: each has the `key` it leaves by, and the expression `when` it does."""
    default: Annotated[OutputKey, Fixed()] = "default"
    """The key it leaves by when no case holds."""


def _switch_keys(config: Config) -> tuple[str, ...]:
    cases = config.get("cases")
    found = (
        [case.get("key") for case in cases if isinstance(case, dict)]
        if isinstance(cases, list)
        else []
    )
    found.append(config.get("default", "default"))
    return tuple(key for key in found if isinstance(key, str))


SWITCH = NodeSpec(
    "FLOW",
    "SWITCH",
    "Leaves by the key of the first case that holds, else by its default key.",
    Switch,
    keys=_switch_keys,
    puts_out="each case's key, and the default: its input",
    example={"cases": [{"key": "many", "when": "input.count > 10"}], "default": "few"},
)


class Filter(Configuration):
    """Keeps some items of a list."""

    over: Expression
    """The list, or results that a loop refers to."""
    expression: Annotated[str, Bare(PER_ITEM)]
    """Whether an `item` is kept."""


FILTER = NodeSpec(
    "FLOW",
    "FILTER",
    "Keeps the items of a list for which an expression holds.",
    Filter,
    puts_out="result: {data, count}",
    example={"over": "input.people", "expression": "item.age >= 18"},
)


class Sort(Configuration):
    """Orders the items of a list."""

    over: Expression
    """The list, or results that a loop refers to."""
    sort_field: str
    """The field to sort by, with dots for nested fields; empty sorts by the items themselves."""
    order: Literal["asc", "desc"] = "asc"
    """Nulls are last in either order."""


SORT = NodeSpec(
    "FLOW",
    "SORT",
    "Orders the items of a list by a field; stable, nulls last.",
    Sort,
    puts_out="result: {data}",
    example={"over": "input.people", "sort_field": "age", "order": "desc"},
)


class Merge(Configuration):
    """Brings branches together."""

    merge_strategy: Annotated[
        Literal["concatenate", "union", "intersection", "join", "zip"], Fixed()
    ] = "concatenate"
    """All items; each item once; items of all lists; matched by `key`; combined by position."""
    wait_for: Annotated[Literal["all", "any"], Fixed()] = "all"
    """Whether it waits for every branch or continues with the first that is taken."""
    key: str | None = None
    """`join`: the field to match by; `union`, `intersection`: compare it, not whole items."""
    how: Literal["inner", "left", "outer"] = "inner"
    """`join`: whether items without a match are kept."""


def _merge_needs(config: Config) -> list[Problem]:
    if config.get("merge_strategy") == "join" and not config.get("key"):
        return [Problem("key", "missing", "A join needs the field to match by.", "Add key.")]
    return []


MERGE = NodeSpec(
    "FLOW",
    "MERGE",
    "Brings the lists of several branches together.",
    Merge,
    join=lambda config: Join.ANY if config.get("wait_for") == "any" else Join.ALL,
    check=_merge_needs,
    puts_out="result: {data}",
    example={"merge_strategy": "concatenate"},
)


class Delay(Configuration):
    """Waits for a time, without a worker."""

    duration_seconds: float = Field(default=5.0, ge=0.1, le=86_400)
    """Seconds to wait, from when the node starts to wait."""


DELAY = NodeSpec(
    "FLOW",
    "DELAY",
    "Continues after a set time; occupies no worker meanwhile.",
    Delay,
    puts_out="result: its input",
    example={"duration_seconds": 30},
)
