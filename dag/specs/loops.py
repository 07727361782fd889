"""Loops: nodes that repeat a body."""

from __future__ import annotations

from collections.abc import Iterator
from enum import unique
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from treadle.dag.fields import Bare, Expression, Fixed
from treadle.dag.problems import Problem
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import BODY_KEY, DONE_KEY, Config, NodeSpec
from treadle.dag.words import Word

IN_SEQUENCE = frozenset({"index", "last"})
"""What the condition of a LOOP sees."""


def _loop_keys(_: Config) -> tuple[str, ...]:
    return (BODY_KEY, DONE_KEY)


@unique
class ErrorAction(Word):
    """What a loop does when an iteration fails."""

    FAIL = "fail"
    """The loop fails."""
    CONTINUE = "continue"
    """The result of the iteration is null."""
    COLLECT = "collect"
    """The result of the iteration is `{error}`."""


@unique
class LoopType(Word):
    """What a LOOP repeats its body over."""

    FOR_RANGE = "for_range"
    """A range of numbers."""
    WHILE = "while"
    """As many iterations as a condition holds for."""


class Looping(Configuration):
    """The fields of both kinds of loop."""

    on_error: Annotated[ErrorAction, Fixed()] = ErrorAction.FAIL
    """What a failed iteration does: fail the loop, or give null or `{error}` as its result."""
    collect_results: Annotated[bool, Fixed()] = True
    """Whether the output holds the results, or only a reference to them."""


class ForEach(Looping):
    """One iteration for each entry."""

    over: Expression
    """A list, an object (its entries are `{key, value}`), or results that a loop refers to."""
    max_parallel: int = Field(default=10, ge=1, le=1_000)
    """Iterations open at once."""


FOR_EACH = NodeSpec(
    "FLOW",
    "FOR_EACH",
    "Runs its body once for each entry of a list or object, several at a time.",
    ForEach,
    keys=_loop_keys,
    puts_out="body: {item, index}; done: {results, count} or {count, results_ref}",
    example={"over": "input.items", "max_parallel": 20},
)


def _not_zero(value: int) -> int:
    if value == 0:
        raise PydanticCustomError("zero_step", "A step of 0 never ends.")
    return value


class Loop(Looping):
    """One iteration after another."""

    loop_type: Annotated[LoopType, Fixed()] = LoopType.FOR_RANGE
    """Over a range of numbers, or while a condition holds."""
    start_value: int = 0
    """`for_range`: the first `index`."""
    end_value: int = 10
    """`for_range`: the end of the range, not included."""
    step: Annotated[int, AfterValidator(_not_zero)] = 1
    """`for_range`: may be negative, not 0."""
    loop_condition: Annotated[str | None, Bare(IN_SEQUENCE)] = None
    """`while`: checked before each iteration; sees `index` and `last`."""
    max_iterations: int = Field(default=100, ge=1, le=10_000)
    """Iterations it may take; needing more is the error `max_iterations_reached`."""
    stop_at_max: bool = False
    """Whether reaching `max_iterations` completes the loop instead of failing it."""


def _loop_needs(config: Config) -> Iterator[Problem]:
    if config.get("loop_type") == LoopType.WHILE and config.get("loop_condition") is None:
        yield Problem(
            "loop_condition",
            "missing",
            "A `while` loop needs its condition.",
            "Add loop_condition, for example `last.n != 1`.",
        )


LOOP = NodeSpec(
    "FLOW",
    "LOOP",
    "Runs its body in sequence, over a range of numbers or while a condition holds.",
    Loop,
    keys=_loop_keys,
    check=_loop_needs,
    puts_out="body: {index, last}; done: {results, count} or {count, results_ref}",
    example={"loop_type": "while", "loop_condition": "last.n != 1", "max_iterations": 200},
)

LOOP_SPECS = (FOR_EACH, LOOP)

BODY_NAMES = {FOR_EACH: frozenset({"item", "index"}), LOOP: IN_SEQUENCE}
"""What expressions in a loop's body see, by the loop's spec."""
