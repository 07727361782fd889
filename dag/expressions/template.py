"""Templates: JSON of a stored definition with `{{ expressions }}` in its strings.

A string that is one template and nothing else keeps its value's type; in mixed text everything
but text becomes JSON. Object keys are data, never templates. What a template renders to is
never rendered again, and neither is anything that arrived: only this module looks for `{{`, and
only in what an author stored.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NoReturn

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.checker import Context
from treadle.dag.expressions.errors import ExpressionInvalid
from treadle.dag.expressions.expression import Expression, compile_expression
from treadle.dag.expressions.lexing import SOURCE_CHARACTERS, lex, refuse
from treadle.dag.expressions.paths import Variables
from treadle.dag.values import Value

#: Levels of lists and objects of a value that may hold templates; rendering recurses as deep.
TEMPLATE_LEVELS = 100

_MARK = re.compile(r"\{[{%#]")

Render = Callable[[Variables, Budget], Value]
Path = tuple[str | int, ...]


class Template:
    """A compiled template; rendering it changes nothing."""

    __slots__ = ("_render", "_value", "constant", "names", "nodes", "secrets")

    def __init__(self, value: Value, render: Render | None, found: list[Expression]) -> None:
        self._value = value
        self._render = render
        self.constant = render is None
        """Whether it holds no expression, so that it renders to itself."""
        self.names = frozenset[str]().union(*(each.names for each in found))
        self.nodes = frozenset[str]().union(*(each.nodes for each in found))
        self.secrets = frozenset[str]().union(*(each.secrets for each in found))

    def render(self, variables: Variables, budget: Budget | None = None) -> Value:
        """Return the value with every template replaced by what it evaluates to.

        Parts without templates are shared with the definition, so the result may not be changed.

        Raises:
            ExpressionFailed: the first expression that fails; the budget is one for all.
        """
        if self._render is None:
            return self._value
        return self._render(variables, Budget() if budget is None else budget)


def compile_template(value: Value, context: Context) -> Template:
    """Check and compile every string of a value that holds templates.

    Raises:
        ExpressionInvalid: the first problem; its `path` leads to the string inside the value, and
            its `also` has the problems of the other strings.
    """
    compiler = _Compiler(context)
    render = compiler.compile(value, ())
    if compiler.problems:
        first, *others = compiler.problems
        first.also = tuple(others)
        raise first
    return Template(value, render, compiler.found)


class _Compiler:
    """Walks a value, gathering its expressions and all of its problems."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.found: list[Expression] = []
        self.problems: list[ExpressionInvalid] = []

    def compile(self, value: Value, path: Path) -> Render | None:
        """Return how a value is rendered; `None` if it stays unchanged."""
        if len(path) > TEMPLATE_LEVELS:
            self._add(_too_deep(), path)
        elif isinstance(value, str):
            return self._string(value, path)
        elif isinstance(value, list):
            items = [self.compile(each, (*path, index)) for index, each in enumerate(value)]
            return _list(value, items) if any(items) else None
        elif isinstance(value, dict):
            entries = {key: self.compile(each, (*path, key)) for key, each in value.items()}
            return _object(value, entries) if any(entries.values()) else None
        return None

    def _string(self, text: str, path: Path) -> Render | None:
        try:
            pieces = split(text, self.context)
        except ExpressionInvalid as exc:
            self._add(exc, path)
            return None
        expressions = [each for each in pieces if isinstance(each, Expression)]
        self.found.extend(expressions)
        if not expressions:
            return None
        return expressions[0].evaluate if len(pieces) == 1 else _mixed(pieces)

    def _add(self, problem: ExpressionInvalid, path: Path) -> None:
        problem.path = path
        self.problems.append(problem)


def split(text: str, context: Context) -> list[str | Expression]:
    """Cut a string into plain text and compiled expressions, leaving out empty text."""
    pieces: list[str | Expression] = []
    done = 0
    while mark := _MARK.search(text, done):
        if mark.start() > done:
            pieces.append(text[done : mark.start()])
        if mark.group() != "{{":
            _refuse_mark(text, mark)
        expression, done = _expression(text, mark.end(), context)
        pieces.append(expression)
    if done < len(text):
        pieces.append(text[done:])
    return pieces


def _expression(text: str, start: int, context: Context) -> tuple[Expression, int]:
    """Compile the expression after an opening `{{`; return it and the offset after its `}}`."""
    if text[start : start + 1] == "-":
        refuse("`{{-` is not supported", text[start:], 0, "Write a space after `{{`.")
    while text[start : start + 1].isspace():
        start += 1
    chunk = text[start : start + SOURCE_CHARACTERS + 2]
    end = lex(chunk).end
    if end is None:
        if len(chunk) > SOURCE_CHARACTERS:
            refuse(f"The expression is longer than {SOURCE_CHARACTERS:,} characters", chunk, 0)
        refuse("`{{` is not closed", chunk, len(chunk), "Add `}}`, or write {{ '{{' }} for text.")
    return compile_expression(chunk[: end - 2].rstrip(), context), start + end


def _refuse_mark(text: str, mark: re.Match[str]) -> NoReturn:
    what = "statements" if mark.group() == "{%" else "comments"
    refuse(
        f"There are no {what} in templates",
        text,
        mark.start(),
        f"Write {{{{ '{mark.group()}' }}}} if the text itself is meant; "
        "branches and loops are nodes, or `a if b else c`.",
    )


def _too_deep() -> ExpressionInvalid:
    return ExpressionInvalid(
        f"The value is nested more than {TEMPLATE_LEVELS} levels deep", expression="", position=1
    )


def _list(value: list[Value], items: list[Render | None]) -> Render:
    parts = list(zip(value, items, strict=True))
    return lambda variables, budget: [
        each if render is None else render(variables, budget) for each, render in parts
    ]


def _object(value: dict[str, Value], entries: dict[str, Render | None]) -> Render:
    parts = [(key, value[key], render) for key, render in entries.items()]
    return lambda variables, budget: {
        key: each if render is None else render(variables, budget) for key, each, render in parts
    }


def _mixed(pieces: list[str | Expression]) -> Render:
    return lambda variables, budget: "".join(
        [each if isinstance(each, str) else each.text(variables, budget) for each in pieces]
    )
