"""What a workflow will know when it runs, as a Python object: it records how it is computed.

`pages["json"]["items"]` becomes `nodes.fetch.json.items`. Python's operators stand for those of our
expressions that mean the same. In text, `f"Hello {wf.input['name']}"` becomes a template.

Long because each operator and kind of value stands beside what is written for it.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from typing import Any, ClassVar, NoReturn, Protocol
from weakref import WeakValueDictionary

from treadle.core.errors import TreadleError

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
#: Words of the language; as a key they are written in brackets.
_WORDS = frozenset(
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"]
)
#: What stands around the number of an expression in a text that Python has formatted: it is taken
#: out, and the expression known again, when the text becomes a part of a node.
_MARK = re.compile("\ue000([0-9]+)\ue001")


class Program(Protocol):
    """A workflow that is being made, as far as its parts know it."""

    formatted: list[Any]
    """What stands in texts that Python has formatted."""
    blocks: list[Any]
    """The exits whose `with` blocks the program is in."""


class NotKnownYet(TreadleError, TypeError):
    """Python asked for a value that only a run will have."""

    reason: ClassVar[str] = "not_known_yet"
    solution: ClassVar[str] = (
        "Branch with `wf.if_`, repeat with `wf.for_each`; write `&`, `|`, `~` for and, or, not, "
        "`.contains(…)` for in, `.length()` for len, `.choose(a, b)` for a choice."
    )


class TextNotExpression(TreadleError, TypeError):
    """A text with values of the run stands where an expression is wanted."""

    reason: ClassVar[str] = "text_not_expression"
    solution: ClassVar[str] = (
        'For a text write `wf.text(f"…")`; for an expression use operators: `x > 3`, no f-string.'
    )


class Expression:
    """A value of the run: `x["key"]`, `x[0]`, operators, filters by `pipe`, tests by `passes`."""

    __slots__ = ("__weakref__", "_is_whole", "_text", "names", "nodes", "workflow")

    def __init__(
        self,
        text: str,
        *,
        nodes: Iterable[Any] = (),
        names: Iterable[Any] = (),
        workflow: Program | None = None,
        is_whole: bool = True,
    ) -> None:
        self._text = text
        self._is_whole = is_whole
        self.nodes: frozenset[Any] = frozenset(nodes)
        """The nodes whose outputs it reads."""
        self.names: frozenset[Any] = frozenset(names)
        """The loops whose `item`, `index` or `last` it reads."""
        self.workflow = workflow
        """The workflow it belongs to; `None` if it reads nothing but names of its own."""

    @property
    def _template(self) -> str:
        return f"{{{{ {self._text} }}}}"

    @property
    def text(self) -> str:
        """The expression as it stands in a definition."""
        return self._text

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            parts = [key.start, key.stop] + ([key.step] if key.step is not None else [])
            inside = ":".join("" if each is None else literal(each) for each in parts)
            return self._made(f"{self._operand()}[{inside}]", *parts)
        if isinstance(key, str) and _PLAIN.match(key) and key not in _WORDS:
            return self._made(f"{self._operand()}.{key}")
        return self._made(f"{self._operand()}[{literal(key)}]", key)

    def pipe(self, filter_name: str, /, *arguments: Any, **named: Any) -> Any:
        """Apply a filter: `x.pipe("round", 2)` is `x | round(2)`."""
        given = _arguments(arguments, named)
        text = f"{self._operand()} | {filter_name}{given and f'({given})'}"
        return self._made(text, *arguments, *named.values(), is_whole=False)

    def passes(self, test: str, /, *arguments: Any) -> Any:
        """Apply a test: `x.passes("defined")` is `x is defined`."""
        given = _arguments(arguments, {})
        text = f"{self._operand()} is {test}{given and f'({given})'}"
        return self._made(text, *arguments, is_whole=False)

    def default(self, value: Any) -> Any:
        """Return `value` where this is missing."""
        return self.pipe("default", value)

    def length(self) -> Any:
        """Return how many elements, entries or characters it has."""
        return self.pipe("length")

    def each(self, function: Callable[..., Any] | str) -> Any:
        """Return a list of what a function of `item` (and `index`) makes of each element."""
        return self.pipe("each", per_item(function))

    def where(self, function: Callable[..., Any] | str) -> Any:
        """Return the elements for which a function of `item` (and `index`) is true."""
        return self.pipe("where", per_item(function))

    def contains(self, element: Any) -> Any:
        """Return whether an element of a list, a key of an object or a part of a text is there."""
        return self._made(f"{operand(element)} in {self._operand()}", element, is_whole=False)

    def choose(self, then: Any, otherwise: Any) -> Any:
        """Return `then` where this is true, else `otherwise`."""
        text = f"{operand(then)} if {self._operand()} else {operand(otherwise)}"
        return self._made(text, then, otherwise, is_whole=False)

    def as_text(self, other: Any) -> Any:
        """Return this and another value as one text."""
        return self._binary("~", other)

    def _binary(self, sign: str, other: Any, *, turned: bool = False) -> Any:
        one, two = self._operand(), operand(other)
        text = f"{two} {sign} {one}" if turned else f"{one} {sign} {two}"
        return self._made(text, other, is_whole=False)

    def _made(self, text: str, *others: Any, is_whole: bool = True) -> Expression:
        found = [self, *expressions_in(others)]
        return Expression(
            text,
            nodes=(node for each in found for node in each.nodes),
            names=(loop for each in found for loop in each.names),
            workflow=next((each.workflow for each in found if each.workflow), None),
            is_whole=is_whole,
        )

    def _operand(self) -> str:
        return self._text if self._is_whole else f"({self._text})"

    def __invert__(self) -> Any:
        return self._made(f"not {self._operand()}", is_whole=False)

    def __neg__(self) -> Any:
        return self._made(f"-{self._operand()}", is_whole=False)

    # Python's words for comparisons; `==` makes an expression, so none of them is a key of a set.
    def __eq__(self, other: object) -> Any:
        return self._binary("==", other)

    def __ne__(self, other: object) -> Any:
        return self._binary("!=", other)

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> NoReturn:
        raise NotKnownYet(f"Whether `{self._text}` is true is known when the workflow runs.")

    def __iter__(self) -> NoReturn:
        raise NotKnownYet(f"The elements of `{self._text}` are known when the workflow runs.")

    def __len__(self) -> NoReturn:
        raise NotKnownYet(f"The length of `{self._text}` is known when the workflow runs.")

    def __contains__(self, _: object) -> NoReturn:
        raise NotKnownYet(f"What `{self._text}` contains is known when the workflow runs.")

    def __repr__(self) -> str:
        return f"<expression {self._text}>"

    def __format__(self, specification: str) -> str:
        if specification:
            raise NotKnownYet(f"`{self._text}` cannot be formatted as {specification!r} now.")
        if self.workflow is None:
            return self._template
        self.workflow.formatted.append(self)
        _FORMATTED[number := next(_NUMBERS)] = self
        return f"\ue000{number}\ue001{self._template}"

    def __str__(self) -> str:
        return format(self)


def _operator(sign: str, *, turned: bool = False) -> Callable[[Expression, Any], Any]:
    def made(self: Expression, other: Any) -> Any:
        return self._binary(sign, other, turned=turned)

    return made


#: Python's name of each operator that means the same in both languages.
_SIGNS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**",
    "and": "and", "or": "or",
}  # fmt: skip
for _name, _sign in _SIGNS.items():
    setattr(Expression, f"__{_name}__", _operator(_sign))
    setattr(Expression, f"__r{_name}__", _operator(_sign, turned=True))
for _name, _sign in {"lt": "<", "le": "<=", "gt": ">", "ge": ">="}.items():
    setattr(Expression, f"__{_name}__", _operator(_sign))

#: What Python has formatted, by number, for as long as the workflow is there.
_FORMATTED: WeakValueDictionary[int, Expression] = WeakValueDictionary()
_NUMBERS = count()


def literal(value: Any) -> str:  # noqa: PLR0911 - one for each kind
    """Return a value in the language of expressions.

    Raises:
        NotKnownYet: it is no JSON.
    """
    if isinstance(value, Expression):
        return value.text
    if (made := getattr(value, "as_expression", None)) is not None:
        return str(made.text)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(key)}: {literal(value[key])}" for key in value) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _joined(value) if _MARK.search(value) else _quoted(value)
    if isinstance(value, int | float):
        return repr(value)
    raise NotKnownYet(
        f"A {type(value).__name__} is no JSON.",
        solution="Use text, numbers, true, false, null, lists and objects.",
    )


def _joined(text: str) -> str:
    """Return a text that Python has formatted as parts that are joined when it is evaluated."""
    parts, at = ["''"], 0
    for found in _MARK.finditer(text):
        inside = _FORMATTED[int(found[1])]
        parts += [_quoted(text[at : found.start()])] if text[at : found.start()] else []
        parts.append(operand(inside))
        at = found.end() + len(inside._template)
    parts += [_quoted(text[at:])] if text[at:] else []
    return f"({' ~ '.join(parts)})"


def _quoted(text: object) -> str:
    escaped = str(text).replace("\\", "\\\\").replace("'", "\\'")
    return "'" + escaped.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t") + "'"


def operand(value: Any) -> str:
    """Return a value as it stands beside an operator."""
    text = literal(value)
    is_whole = value._is_whole if isinstance(value, Expression) else not text.startswith("-")
    return text if is_whole else f"({text})"


def _arguments(positional: Iterable[Any], named: Mapping[str, Any]) -> str:
    given = [*map(literal, positional), *(f"{name}={literal(named[name])}" for name in named)]
    return ", ".join(given)


def per_item(function: Callable[..., Any] | str) -> str:
    """Return the text of an expression that is evaluated with names of its own."""
    return function if isinstance(function, str) else called(function).text


def called(function: Callable[..., Any]) -> Expression:
    """Return what a function makes of the names that its parameters have, as an expression."""
    names = [Expression(name) for name in inspect.signature(function).parameters]
    made = function(*names)
    return Expression(
        literal(made),
        nodes=(node for each in expressions_in(made) for node in each.nodes),
        names=(loop for each in expressions_in(made) for loop in each.names),
    )


def expressions_in(value: Any) -> Iterator[Expression]:
    """Yield every expression in a value: itself, its elements, those formatted in its texts."""
    if isinstance(value, Expression):
        yield value
    elif (made := getattr(value, "as_expression", None)) is not None:
        yield made
    elif isinstance(value, str):
        yield from (_FORMATTED[int(each)] for each in _MARK.findall(value))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from expressions_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from expressions_in(each)


def written(value: Any) -> Any:
    """Return a value as it stands in a definition: each expression in it is a template."""
    if isinstance(value, Expression):
        return f"{{{{ {value.text} }}}}"
    if (made := getattr(value, "as_expression", None)) is not None:
        return written(made)
    if isinstance(value, str):
        return _MARK.sub("", value)
    if isinstance(value, Mapping):
        return {key: written(value[key]) for key in value}
    if isinstance(value, list | tuple):
        return [written(each) for each in value]
    return value
