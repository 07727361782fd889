"""From the tree of a foreign expression to an expression of Treadle, where that is exact."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from treadle.importing.javascript.methods import FUNCTIONS, METHODS, PER_ELEMENT, Rule
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
    has_word,
    is_nothing,
    is_optional,
    operands,
)
from treadle.importing.javascript.written import Kind, Written
from treadle.importing.texts import key_path, literal, value_of

Reader = Callable[[Tree], Written | None]
"""Reads what the other system provides, such as `$json`; `None` if the tree is none of it."""

#: Levels of a tree that are written; a level is some frames of Python.
_DEEPEST = 60
#: What counts as false in JavaScript, what is missing aside.
_FALSE = "[none, false, 0, '']"
_ARITHMETIC = {"-", "*", "/", "%"}
_ORDER = {"<", ">", "<=", ">="}


def write(tree: Tree, read: Reader, functions: Mapping[str, Rule] = FUNCTIONS) -> Written:
    """Return a tree as an expression.

    Args:
        tree: the tree.
        read: reads what the other system provides.
        functions: what may be called, by name.

    Raises:
        Untranslatable: there is none that means exactly the same.
    """
    return _Writer(read, functions).of(tree)


class _Writer:
    """Writes one expression."""

    def __init__(
        self, read: Reader, functions: Mapping[str, Rule], names: Mapping[str, str] | None = None
    ) -> None:
        self._read = read
        self._functions = functions
        self._names = names or {}
        self._depth = 0

    def of(self, tree: Tree) -> Written:
        """Write a part."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable("it is nested too deeply")
        try:
            found = self._read(tree)
            return found if found is not None else self._WRITERS[type(tree)](self, tree)
        finally:
            self._depth -= 1

    def text(self, tree: Tree) -> str:
        """Write a part so that anything may stand beside it."""
        return self.of(tree).closed

    def truth(self, tree: Tree) -> Written:
        """Write a condition: empty lists and objects hold in JavaScript, what is missing not."""
        written = self.of(tree)
        if written.kind is Kind.BOOLEAN:
            return written
        if written.kind in (Kind.TEXT, Kind.NUMBER):
            return Written(f"{written.closed} not in {_FALSE}", Kind.BOOLEAN, tight=False)
        if written.kind in (Kind.LIST, Kind.OBJECT):
            return Written("true", Kind.BOOLEAN, tight=True)
        return Written(f"{written.or_null} not in {_FALSE}", Kind.BOOLEAN, tight=False)

    def _constant(self, tree: Constant) -> Written:
        kinds = {str: Kind.TEXT, bool: Kind.BOOLEAN, int: Kind.NUMBER, float: Kind.NUMBER}
        return Written(value_of(tree.value), kinds.get(type(tree.value), Kind.ANY), tight=True)

    def _undefined(self, _: Undefined) -> Written:
        raise Untranslatable("`undefined` is no value here")

    def _name(self, tree: Name) -> Written:
        if tree.name in self._names:
            return Written(self._names[tree.name], Kind.ANY, tight=True)
        raise Untranslatable(f"`{tree.name}` is not there")

    def _member(self, tree: Member) -> Written:
        subject = self.text(tree.subject)
        key = tree.key
        if isinstance(key, Constant) and isinstance(key.value, str):
            if key.value == "length" and self._read(tree.subject) is None:
                written = f"{subject} | length"
                return Written(written, Kind.NUMBER, tight=False)
            written = key_path(subject, key.value)
        else:
            inner = self.of(key)
            if isinstance(key, Constant) and isinstance(key.value, bool | float | None):
                raise Untranslatable("a key is neither text nor a whole number")
            written = f"{subject}[{inner.text}]"
        if tree.optional or is_optional(tree.subject):
            return Written(f"{written} | default(none)", Kind.ANY, tight=False)
        return Written(written, Kind.ANY, tight=True)

    def _call(self, tree: Call) -> Written:
        function = tree.function
        if isinstance(function, Member) and isinstance(function.key, Constant):
            name = str(function.key.value)
            if function.optional or is_optional(function.subject):
                raise Untranslatable("a method of what may be missing is not there")
            if isinstance(function.subject, Name) and function.subject.name[:1] != "$":
                name = f"{function.subject.name}.{name}"
                if name in self._functions:
                    return self._rule(name, self._functions[name], tree.arguments)
                name = str(function.key.value)
            if name in PER_ELEMENT and tree.arguments:
                return self._per_element(name, function.subject, tree.arguments)
            if name in METHODS:
                return self._rule(name, METHODS[name], (function.subject, *tree.arguments))
            raise Untranslatable(f"the method `{name}` has no exact equivalent")
        if isinstance(function, Name) and function.name in self._functions:
            return self._rule(function.name, self._functions[function.name], tree.arguments)
        called = function.name if isinstance(function, Name) else "a call"
        raise Untranslatable(f"`{called}` has no exact equivalent")

    def _rule(self, name: str, rule: Rule, arguments: tuple[Tree, ...]) -> Written:
        found = rule([self.of(each) for each in arguments], list(arguments))
        if found is None:
            raise Untranslatable(f"`{name}` with these arguments has no exact equivalent")
        return found

    def _per_element(self, name: str, subject: Tree, arguments: tuple[Tree, ...]) -> Written:
        arrow, *rest = arguments
        if rest or not isinstance(arrow, Arrow) or len(arrow.parameters) > 2 or self._names:
            raise Untranslatable(f"`{name}` with this function has no exact equivalent")
        names = dict(zip(arrow.parameters, ("item", "index"), strict=False))
        inner = _Writer(self._read, self._functions, names)
        form = "each" if name == "map" else "where"
        body = inner.of(arrow.body) if name == "map" else inner.truth(arrow.body)
        written = f"{self.text(subject)} | {form}({literal(body.text)})"
        if name == "find":
            return Written(f"{written} | first | default(none)", Kind.ANY, tight=False)
        return Written(written, Kind.LIST, tight=False)

    def _unary(self, tree: Unary) -> Written:
        if tree.operator == "!":
            return Written(f"not {self.truth(tree.operand).closed}", Kind.BOOLEAN, tight=False)
        operand = self.of(tree.operand)
        if tree.operator == "-" and (operand.kind is Kind.NUMBER):
            return Written(f"-{operand.closed}", Kind.NUMBER, tight=False)
        raise Untranslatable(f"`{tree.operator}` makes a number of anything")

    def _binary(self, tree: Binary) -> Written:
        operator = tree.operator
        if operator in ("===", "!==", "==", "!="):
            return self._equality(tree)
        if operator in ("&&", "||"):
            return self._logic(tree)
        if operator == "??":
            value = self.of(tree.left).or_null
            written = f"{value} if {value} is not none else {self.text(tree.right)}"
            return Written(written, Kind.ANY, tight=False)
        left, right = self.of(tree.left), self.of(tree.right)
        if operator in _ORDER:
            written = f"{left.closed} {operator} {right.closed}"
            return Written(written, Kind.BOOLEAN, tight=False)
        if operator == "+" and Kind.TEXT in (left.kind, right.kind):
            sign = "+" if left.kind is right.kind else "~"
            written = f"{left.closed} {sign} {right.closed}"
            return Written(written, Kind.TEXT, tight=False)
        if operator == "%":  # the sign of JavaScript's is the dividend's
            raise Untranslatable("`%` differs for negative numbers")
        if operator in _ARITHMETIC or operator == "+":
            kind = Kind.NUMBER
            if operator == "+" and not left.kind is right.kind is Kind.NUMBER:
                kind = Kind.ANY
            return Written(f"{left.closed} {operator} {right.closed}", kind, tight=False)
        raise Untranslatable(f"`{operator}` is not there")

    def _equality(self, tree: Binary) -> Written:
        same = tree.operator[0] == "="
        word = "is" if same else "is not"
        for one, other in ((tree.left, tree.right), (tree.right, tree.left)):
            if isinstance(other, Undefined | Constant) and is_nothing(other):
                value = self.text(one)
                if len(tree.operator) == 2:
                    return Written(f"{self.of(one).or_null} {word} none", Kind.BOOLEAN, False)
                test = "undefined" if isinstance(other, Undefined) else "none"
                value = value if test == "undefined" else f"({value} | default(0))"
                return Written(f"{value} {word} {test}", Kind.BOOLEAN, tight=False)
        left, right = self.of(tree.left), self.of(tree.right)
        loose = len(tree.operator) == 2
        if loose and not (left.kind is right.kind is not Kind.ANY or has_word(tree)):
            raise Untranslatable(f"`{tree.operator}` compares text and numbers with each other")
        return Written(
            f"{left.closed} {'==' if same else '!='} {right.closed}", Kind.BOOLEAN, False
        )

    def _logic(self, tree: Binary) -> Written:
        """Write `a && b`, `a || b || c`: the operand that decides."""
        *firsts, last = operands(tree, tree.operator)
        found = self.of(last)
        for each in reversed(firsts):
            left = self.of(each)
            if left.kind is Kind.BOOLEAN:
                word = "and" if tree.operator == "&&" else "or"
                kind = Kind.BOOLEAN if found.kind is Kind.BOOLEAN else Kind.ANY
                found = Written(f"{left.closed} {word} {found.closed}", kind, tight=False)
                continue
            value = left.closed if left.kind is not Kind.ANY else left.or_null
            yes, no = (found.closed, value) if tree.operator == "&&" else (value, found.closed)
            found = Written(f"{yes} if {self.truth(each).closed} else {no}", Kind.ANY, tight=False)
        return found

    def _choice(self, tree: Choice) -> Written:
        yes, no = self.of(tree.yes), self.of(tree.no)
        written = f"{yes.closed} if {self.truth(tree.test).closed} else {no.closed}"
        return Written(written, yes.kind if yes.kind is no.kind else Kind.ANY, tight=False)

    def _array(self, tree: Array) -> Written:
        items = ", ".join(self.of(each).text for each in tree.items)
        return Written(f"[{items}]", Kind.LIST, tight=True)

    def _object(self, tree: Object) -> Written:
        entries = ", ".join(f"{literal(key)}: {self.of(each).text}" for key, each in tree.entries)
        return Written(f"{{{entries}}}", Kind.OBJECT, tight=True)

    def _text(self, tree: Text) -> Written:
        parts = [each for each in tree.parts if each != Constant("")]
        if not any(isinstance(each, Constant) for each in parts):
            parts.insert(0, Constant(""))
        written = " ~ ".join(self.text(each) for each in parts)
        return Written(written, Kind.TEXT, tight=len(parts) == 1)

    def _arrow(self, _: Arrow) -> Written:
        raise Untranslatable("a function is no value here")

    _WRITERS: ClassVar[Mapping[type, Callable[..., Written]]] = {
        Constant: _constant,
        Undefined: _undefined,
        Name: _name,
        Member: _member,
        Call: _call,
        Unary: _unary,
        Binary: _binary,
        Choice: _choice,
        Array: _array,
        Object: _object,
        Text: _text,
        Arrow: _arrow,
    }
