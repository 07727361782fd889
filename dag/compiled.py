"""A node's texts, compiled: templates, bare expressions, conversions, and what they name.

Compilation is the last part of validation and the first of a run. The same code does both, and
passes problems to a sink instead of raising, so that one answer lists all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from treadle.dag.expressions import (
    Budget,
    Context,
    Expression,
    ExpressionInvalid,
    Template,
    compile_expression,
    compile_template,
)
from treadle.dag.fields import has_template
from treadle.dag.problems import Problem, Step, json_path
from treadle.dag.specs import NodeSpec
from treadle.dag.values import Value

Sink: TypeAlias = Callable[[Problem], None]
"""Takes a problem; its path is relative to the node or connection at hand."""

EVERYWHERE = frozenset({"input", "nodes", "trigger", "execution", "secrets"})
"""What every text of a node may name; `secrets` where the field takes them."""
IN_CONVERSIONS = (EVERYWHERE - {"input"}) | {"output"}
"""What a conversion may name: it produces the input, so `input` does not exist yet."""


@dataclass(frozen=True, slots=True)
class Configurations:
    """A node's configurations: literal fields, and fields that are rendered before each attempt."""

    literal: Mapping[str, Value]
    """Fields without templates; expressions among them as their source text."""
    templates: Mapping[str, Template]
    """The others, by field."""

    @property
    def constant(self) -> bool:
        """Whether rendering always gives the same result."""
        return not self.templates

    def render(
        self, variables: Mapping[str, Value], budget: Budget | None = None
    ) -> dict[str, Value]:
        """Return the configurations of one attempt; a template's result is never rendered again.

        Raises:
            ExpressionFailed: `expression_failed`, by the first template that cannot be rendered.
        """
        rendered = dict(self.literal)
        for name, template in self.templates.items():
            rendered[name] = template.render(variables, budget)
        return rendered


@dataclass(frozen=True, slots=True)
class Texts:
    """All compiled texts of one node."""

    configurations: Configurations
    expressions: Mapping[str, Expression]
    """By dotted path within the configurations."""
    input_params: Template


class Contexts:
    """The contexts of a workflow's texts, made once for each set of names."""

    def __init__(self, node_ids: frozenset[str]) -> None:
        self._node_ids = node_ids
        self._contexts: dict[tuple[frozenset[str], bool], Context] = {}
        self._expressions: dict[tuple[str, Context], Expression] = {}
        self.nothing = compile_template({}, self.of(frozenset()))
        """The template of an empty object, which most nodes have as their parameters."""

    def of(self, names: frozenset[str], *, secrets: bool = False) -> Context:
        """Return the context in which `names` may be used, and secrets if the field takes them."""
        key = (names, secrets)
        if key not in self._contexts:
            self._contexts[key] = Context(self._node_ids, names, secrets)
        return self._contexts[key]

    def expression(self, source: str, context: Context) -> Expression:
        """Compile an expression; the same text in the same context is compiled once.

        Raises:
            ExpressionInvalid: it is not a valid expression.
        """
        key = (source, context)
        if key not in self._expressions:
            self._expressions[key] = compile_expression(source, context)
        return self._expressions[key]


@dataclass(frozen=True, slots=True)
class Place:
    """A node's position in the graph, as far as it matters to its texts."""

    contexts: Contexts
    loop_names: frozenset[str]
    """The names that the loops around it define for its texts."""


def compile_texts(
    raw: Mapping[str, Value],
    input_params: Mapping[str, Value],
    spec: NodeSpec,
    place: Place,
    sink: Sink,
) -> Texts:
    """Compile a node's configurations and input parameters.

    Args:
        raw: Its configurations as written; values of the wrong type are ignored.
        input_params: Its input parameters.
        spec: Its spec.
        place: Its position in the graph.
        sink: Receives every problem; if there is one, the texts must not be used.
    """
    names, contexts = EVERYWHERE | place.loop_names, place.contexts
    literal = spec.complete(raw)
    templates: dict[str, Template] = {}
    for name, value in raw.items():
        plan = spec.fields.get(name)
        if plan is not None and not plan.literal and has_template(value):
            del literal[name]
            context = contexts.of(names, secrets=plan.secrets)
            templates[name] = _template(value, context, ("configurations", name), sink)
    expressions: dict[str, Expression] = {}
    for steps, source, bare in spec.expressions(literal):
        context = contexts.of(names | bare.names if bare.when(literal) else names)
        compiled = _expression(source, contexts, context, (("configurations", *steps), sink))
        if compiled is not None:
            expressions[dotted(steps)] = compiled
    if input_params:
        params = _template(input_params, contexts.of(names), ("input_params",), sink)
    else:
        params = contexts.nothing
    return Texts(Configurations(literal, templates), expressions, params)


def compile_conversion(source: str | None, place: Place, sink: Sink) -> Expression | None:
    """Compile a connection's conversion, in the context of the node it leads to."""
    if source is None:
        return None
    context = place.contexts.of(IN_CONVERSIONS | place.loop_names)
    return _expression(source, place.contexts, context, (("conversion_function",), sink))


def _expression(
    source: str, contexts: Contexts, context: Context, report: tuple[tuple[Step, ...], Sink]
) -> Expression | None:
    where, sink = report
    try:
        return contexts.expression(source, context)
    except ExpressionInvalid as exc:
        sink(_refused(exc, where))
        return None


def _template(value: Value, context: Context, where: tuple[Step, ...], sink: Sink) -> Template:
    try:
        return compile_template(value, context)
    except ExpressionInvalid as exc:
        for each in (exc, *exc.also):
            sink(_refused(each, (*where, *each.path)))
        return compile_template(None, context)


def _refused(exc: ExpressionInvalid, where: tuple[Step, ...]) -> Problem:
    return Problem(json_path(where), exc.reason, exc.message, exc.advice)


def dotted(steps: tuple[Step, ...]) -> str:
    """Write the steps to an expression as its key: `cases[0].when`, `field_mapping.total`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps]
    return "".join(parts).removeprefix(".")
