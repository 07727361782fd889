"""NodeSpec: one declarative value per node type, from which everything about it is derived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any, TypeAlias

from pydantic import ValidationError

from treadle.core.errors import TreadleError
from treadle.dag.fields import (
    Bare,
    FieldPlan,
    Shape,
    expressions_in,
    has_template,
    plan,
    texts_in,
)
from treadle.dag.problems import Hints, Problem, Step, json_path
from treadle.dag.shape import problems_of
from treadle.dag.specs.configuration import ALIASES, Configuration, canonical, check_policy
from treadle.dag.specs.defaults import Fill, defaults_of, fills_of
from treadle.dag.values import Value

ERROR_KEY = "error"
"""The output key of every node that failed for good."""
BODY_KEY = "body"
"""The output key by which a loop enters its body."""
DONE_KEY = "done"
"""The output key by which a loop leaves."""
CORE_QUEUE = "core"
"""The queue of the node types that come with Treadle, which every worker serves."""


@unique
class Lane(StrEnum):
    """Where attempts of a node run."""

    INLINE = "inline"
    """In the thread that made the node ready; no message at all."""
    ASYNC = "async"
    """As a coroutine on a worker's event loop."""
    THREAD = "thread"
    """In a worker's thread."""
    PROCESS = "process"
    """In a child process of its own."""


@unique
class Join(StrEnum):
    """When a node with several incoming connections becomes ready."""

    ALL = "all"
    """Every connection is resolved, and at least one was taken."""
    ANY = "any"
    """The first connection was taken."""


class InvalidConfiguration(TreadleError):
    """A configuration does not match the node's spec after its templates were rendered."""

    reason = "invalid_configuration"
    solution = "Make the templates produce values that the node's spec accepts."


Config: TypeAlias = Mapping[str, Value]
"""Configurations as a definition writes them, not yet rendered."""

Model: TypeAlias = type[Configuration]


def _result(_: Config) -> tuple[str, ...]:
    return ("result",)


def _core(_: Config) -> str:
    return CORE_QUEUE


def _all(_: Config) -> Join:
    return Join.ALL


def _no_problems(_: Config) -> Iterable[Problem]:
    return ()


def _nothing(_: Config) -> Config:
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class NodeSpec:
    """Everything about a node type. Every spec is a module-level constant."""

    type: str
    subtype: str
    description: str
    """What it does, in a sentence for people and planners."""
    configurations: Model = Configuration
    lane: Lane = Lane.INLINE
    queue: Callable[[Config], str] = _core
    """The queue such a node waits in when it is ready; a worker serves the queues it can run."""
    join: Callable[[Config], Join] = _all
    """What such a node waits for, given its configuration."""
    keys: Callable[[Config], tuple[str, ...]] = _result
    """The output keys it may leave by, `error` aside, given its configuration."""
    check: Callable[[Config], Iterable[Problem]] = _no_problems
    """Problems that involve several fields, with paths relative to the configurations."""
    derived: Callable[[Config], Config] = _nothing
    """Defaults that depend on other fields, given a configuration with all others filled in."""
    puts_out: str = ""
    """What each key carries, as text."""
    example: Mapping[str, Any] = field(default_factory=dict)
    """Configurations that pass; shown in the docs and to the planner."""
    version: str = "1.0"
    asks_models: bool = False
    """Whether its record's details hold `tokens` and `cost_usd` of model calls."""
    available: bool = True
    """Whether this release can run it."""
    is_internal: bool = False
    """Whether only Treadle's own workflows have such nodes; validation refuses them."""
    fields: Mapping[str, FieldPlan] = field(init=False)
    """How each field is treated, read from the model's markers."""
    shapes: tuple[tuple[str, Shape], ...] = field(init=False)
    """The fields that hold expressions, and where in them."""
    defaults: Config = field(init=False)
    """The defaults of fields, as JSON."""
    nested: tuple[tuple[str, Fill], ...] = field(init=False)
    """The fields that hold objects with defaults of their own, and the functions that fill them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", plan(self.configurations))
        shapes = tuple((name, each.shape) for name, each in self.fields.items() if each.shape)
        object.__setattr__(self, "shapes", shapes)
        object.__setattr__(self, "defaults", defaults_of(self.configurations))
        object.__setattr__(self, "nested", fills_of(self.configurations))

    @property
    def key(self) -> str:
        """The name it is looked up by, `TYPE.SUBTYPE`."""
        return f"{self.type}.{self.subtype}"

    @property
    def is_trigger(self) -> bool:
        """Whether it starts executions."""
        return self.type == "TRIGGER"

    def output_keys(self, config: Config) -> tuple[str, ...]:
        """Return every key that a connection from such a node may name."""
        return (*self.keys(config), ERROR_KEY)

    def expressions(self, config: Config) -> Iterator[tuple[tuple[Step, ...], str, Bare]]:
        """Yield each bare expression of configurations: its steps, its source, its marker."""
        for name, shape in self.shapes:
            if name in config:
                yield from expressions_in(config[name], shape, (name,))

    def complete(self, raw: Config) -> dict[str, Value]:
        """Return valid configurations with aliases resolved and every default written out."""
        config = {**self.defaults, **canonical(raw)}
        for name, fill in self.nested:
            config[name] = fill(config[name])
        config.update(self.derived(config))
        return config

    def problems(self, raw: Config, hints: Hints) -> list[Problem]:
        """Check configurations as written; fields with templates are checked at run time."""
        config = canonical(raw)
        found: list[Problem] = []
        try:
            self.configurations.model_validate(config)
        except ValidationError as exc:
            found = problems_of(exc, self.configurations, hints, templates=self._templated)
        written = {name: alias for alias, name in ALIASES.items() if alias in raw}
        if written:
            found = [_as_written(problem, written) for problem in found]
        return [*found, *self._misplaced_templates(config), *check_policy(raw), *self.check(config)]

    def _misplaced_templates(self, config: Config) -> Iterator[Problem]:
        """Report templates in fixed fields, where they would not be rendered."""
        for name, value in config.items():
            plan = self.fields.get(name)
            if plan is not None and plan.literal and has_template(value):
                yield from _templates(value, plan.shape, (name,))

    def check_rendered(self, config: dict[str, Value]) -> Configuration:
        """Turn rendered configurations into the spec's model.

        Raises:
            InvalidConfiguration: `invalid_configuration`, with every problem in its context.
        """
        problems: list[Problem] = []
        try:
            model = self.configurations.model_validate(config)
        except ValidationError as exc:
            problems = problems_of(exc, self.configurations, Hints())
        problems.extend(self.check(config))
        if not problems:
            return model
        first = problems[0]
        raise InvalidConfiguration(
            f"{self.key}: {first.path}: {first.message}",
            solution=first.solution,
            problems=[
                {"path": each.path, "reason": each.reason, "message": each.message}
                for each in problems
            ],
        )

    def _templated(self, name: str) -> bool:
        """Whether a field of that name is rendered before each attempt."""
        return name in self.fields and not self.fields[name].literal


def _templates(value: Value, shape: Shape | None, steps: tuple[Step, ...]) -> Iterator[Problem]:
    """Report every text in a fixed field that is a template, expressions aside."""
    bare = {where for where, _, _ in expressions_in(value, shape, steps)} if shape else set()
    for where, text in texts_in(value, steps):
        if where not in bare and has_template(text):
            yield Problem(
                json_path(where),
                "template_not_allowed",
                "This field is fixed by the definition, so a template in it would not be rendered.",
                "Write the value itself, or branch with FLOW.IF.",
            )


def _as_written(problem: Problem, written: Mapping[str, str]) -> Problem:
    """Name a field in a problem's path as the author spelled it."""
    alias = written.get(problem.path)
    return Problem(alias, problem.reason, problem.message, problem.solution) if alias else problem
