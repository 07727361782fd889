"""The one thing shared with the product: its evaluator of expressions and templates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

from treadle.dag.expressions import (
    Context,
    Expression,
    Template,
    compile_expression,
    compile_template,
)

NAMES = frozenset(
    {"input", "nodes", "trigger", "execution", "item", "index", "last", "secrets", "output"}
)


class Evaluator:
    """Compiles each source once; everything may be named, since validation is not the matter."""

    def __init__(self, node_ids: Iterable[str]) -> None:
        self._context = Context(node_ids=frozenset(node_ids), names=NAMES)
        self._expressions: dict[str, Expression] = {}
        self._templates: dict[str, Template] = {}
        self.read: set[str] = set()
        """The nodes that `nodes.<id>` named in what was evaluated."""

    def watched(self) -> Evaluator:
        """Return the same evaluator with an empty `read`."""
        other = copy(self)
        other.read = set()
        return other

    def evaluate(self, source: str, variables: Mapping[str, Any]) -> Any:
        """Return a bare expression's value; raises `ExpressionFailed`."""
        expression = self._compiled(source)
        self.read |= expression.nodes
        return expression.evaluate(variables)

    def names_in(self, source: str) -> frozenset[str]:
        return self._compiled(source).names

    def _compiled(self, source: str) -> Expression:
        if source not in self._expressions:
            self._expressions[source] = compile_expression(source, self._context)
        return self._expressions[source]

    def render(self, value: Any, variables: Mapping[str, Any]) -> Any:
        """Return a value with the templates in its strings rendered, once."""
        if isinstance(value, dict):
            return {key: self.render(part, variables) for key, part in value.items()}
        if isinstance(value, list):
            return [self.render(part, variables) for part in value]
        if not isinstance(value, str):
            return value
        if value not in self._templates:
            self._templates[value] = compile_template(value, self._context)
        template = self._templates[value]
        self.read |= template.nodes
        return template.render(variables)
