"""From a foreign expression to its tree: JavaScript's grammar without statements."""

from __future__ import annotations

from treadle.importing.javascript.lexing import Token, tokens
from treadle.importing.javascript.tree import (
    Array,
    Arrow,
    Binary,
    Call,
    Choice,
    Constant,
    Member,
    Name,
    Object,
    Text,
    Tree,
    Unary,
    Undefined,
    Untranslatable,
)

#: How tightly a binary operator binds; `**` is not read, as ours binds otherwise.
_BINDING = {
    "??": 1, "||": 2, "&&": 3, "==": 5, "!=": 5, "===": 5, "!==": 5,
    "<": 6, ">": 6, "<=": 6, ">=": 6, "+": 7, "-": 7, "*": 8, "/": 8, "%": 8,
}  # fmt: skip
_WORDS = {"true": Constant(True), "false": Constant(False), "null": Constant(None)}
_REFUSED = {"new", "function", "typeof", "in", "instanceof", "await", "async", "void", "delete"}
#: Levels of nesting that are read.
_DEEPEST = 40


def parse(source: str) -> Tree:
    """Return the tree of an expression.

    Raises:
        Untranslatable: it is no expression that is read here.
    """
    parser = _Parser(tokens(source.strip().rstrip(";")))
    tree = parser.expression()
    if parser.next.kind != "end":
        raise Untranslatable(f"`{parser.next.value}` is not expected there")
    return tree


class _Parser:
    """Reads tokens from left to right."""

    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._at]

    def expression(self) -> Tree:
        """Read an expression: an arrow function, or a choice, or less."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable("it is nested too deeply")
        try:
            parameters = self._parameters()
            if parameters is not None:
                if self._is("{"):
                    raise Untranslatable("a function has statements")
                return Arrow(parameters, self.expression())
            test = self._binary(1)
            if not self._taken("?"):
                return test
            yes = self.expression()
            self._expect(":")
            return Choice(test, yes, self.expression())
        finally:
            self._depth -= 1

    def _parameters(self) -> tuple[str, ...] | None:
        """Read `a =>` or `(a, b) =>`; leave everything where it is if it is none."""
        start = self._at
        names: list[str] = []
        if self.next.kind == "name":
            names.append(self._take().value)
        elif self._taken("("):
            while self.next.kind == "name":
                names.append(self._take().value)
                if not self._taken(","):
                    break
            if not self._taken(")"):
                names.clear()
        if names and self._taken("=>"):
            return tuple(names)
        self._at = start
        return None

    def _binary(self, least: int) -> Tree:
        left = self._unary()
        while self.next.kind == "sign" and _BINDING.get(self.next.value, 0) >= least:
            operator = self._take().value
            left = Binary(operator, left, self._binary(_BINDING[operator] + 1))
        return left

    def _unary(self) -> Tree:
        for operator in ("!", "-", "+"):
            if self._taken(operator):
                self._depth += 1
                if self._depth > _DEEPEST:
                    raise Untranslatable("it is nested too deeply")
                operand = self._unary()
                self._depth -= 1
                return Unary(operator, operand)
        return self._postfix(self._primary())

    def _postfix(self, tree: Tree) -> Tree:
        while True:
            if self._taken("."):
                tree = Member(tree, Constant(self._name()))
            elif self._taken("?."):
                if self._taken("["):
                    tree = Member(tree, self._until("]"), optional=True)
                elif self._is("("):
                    raise Untranslatable("`?.(` is not read here")
                else:
                    tree = Member(tree, Constant(self._name()), optional=True)
            elif self._taken("["):
                tree = Member(tree, self._until("]"))
            elif self._taken("("):
                tree = Call(tree, self._list(")"))
            else:
                return tree

    def _primary(self) -> Tree:  # noqa: PLR0911 - one for each kind of token
        token = self._take()
        if token.kind == "number":
            return Constant(
                float(token.value) if set(token.value) & set(".eE") else int(token.value)
            )
        if token.kind == "text":
            return Constant(token.value)
        if token.kind == "template":
            texts = [
                parse(part) if index % 2 else Constant(part)
                for index, part in enumerate(token.parts)
            ]
            return Text(tuple(texts))
        if token.kind == "name":
            if token.value in _REFUSED:
                raise Untranslatable(f"`{token.value}` is not read here")
            if token.value == "undefined":
                return Undefined()
            return _WORDS.get(token.value, Name(token.value))
        if token.value == "(":
            return self._until(")")
        if token.value == "[":
            return Array(self._list("]"))
        if token.value == "{":
            return self._object()
        raise Untranslatable(f"`{token.value or 'the end'}` is not expected there")

    def _object(self) -> Tree:
        entries: list[tuple[str, Tree]] = []
        while not self._taken("}"):
            token = self._take()
            if token.kind not in ("name", "text", "number"):
                raise Untranslatable(f"`{token.value}` in an object is not read here")
            if self._taken(":"):
                entries.append((token.value, self.expression()))
            else:
                entries.append((token.value, Name(token.value)))
            if not self._is("}"):
                self._expect(",")
        return Object(tuple(entries))

    def _list(self, end: str) -> tuple[Tree, ...]:
        items: list[Tree] = []
        while not self._taken(end):
            items.append(self.expression())
            if not self._is(end):
                self._expect(",")
        return tuple(items)

    def _until(self, end: str) -> Tree:
        tree = self.expression()
        self._expect(end)
        return tree

    def _name(self) -> str:
        token = self._take()
        if token.kind != "name":
            raise Untranslatable(f"`{token.value}` is no name")
        return token.value

    def _is(self, sign: str) -> bool:
        return self.next.kind == "sign" and self.next.value == sign

    def _taken(self, sign: str) -> bool:
        if not self._is(sign):
            return False
        self._at += 1
        return True

    def _take(self) -> Token:
        token = self.next
        self._at += token.kind != "end"
        return token

    def _expect(self, sign: str) -> None:
        if not self._taken(sign):
            raise Untranslatable(f"`{sign}` is missing before `{self.next.value or 'the end'}`")
