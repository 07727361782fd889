"""Functions and methods of JavaScript, and of n8n, that have an exact equivalent in expressions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from treadle.importing.javascript.tree import Constant, Tree
from treadle.importing.javascript.written import Kind, Written

Rule: TypeAlias = Callable[[Sequence[Written], Sequence[Tree]], Written | None]
"""Makes a call of written arguments, a method's subject the first; `None` if it is not exact."""

#: Methods that call a function for each element.
PER_ELEMENT = frozenset({"map", "filter", "find"})


def _filter(name: str, kind: Kind, *, arguments: int = 0) -> Rule:
    """`a.f(b)` is `a | name(b)`."""

    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) != arguments + 1:
            return None
        rest = f"({', '.join(each.text for each in written[1:])})" if arguments else ""
        return Written(f"{written[0].closed} | {name}{rest}", kind, tight=False)

    return rule


def _method(name: str, kind: Kind, *, arguments: int = 0) -> Rule:
    """`a.f(b)` is `a.name(b)`."""

    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) != arguments + 1:
            return None
        rest = ", ".join(each.text for each in written[1:])
        return Written(f"{written[0].closed}.{name}({rest})", kind, tight=True)

    return rule


def _includes(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
    if len(written) != 2:
        return None
    return Written(f"{written[1].closed} in {written[0].closed}", Kind.BOOLEAN, tight=False)


def _slice(written: Sequence[Written], trees: Sequence[Tree]) -> Written | None:
    """`slice` and literal whole numbers mean the same in both languages."""
    bounds = [each.value if isinstance(each, Constant) else None for each in trees[1:]]
    if not 1 <= len(bounds) <= 2 or not all(type(each) is int for each in bounds):
        return None
    return Written(f"{written[0].closed}[{':'.join(map(str, [*bounds, ''][:2]))}]", Kind.ANY, True)


def _substring(written: Sequence[Written], trees: Sequence[Tree]) -> Written | None:
    bounds = [each.value if isinstance(each, Constant) else None for each in trees[1:]]
    if len(bounds) == 2 and all(type(each) is int for each in bounds) and bounds[0] > bounds[1]:  # type: ignore[operator]
        return None  # it would swap them
    return _slice(written, trees)


def _split(written: Sequence[Written], trees: Sequence[Tree]) -> Written | None:
    given = trees[1] if len(trees) == 2 else None
    if isinstance(given, Constant) and isinstance(given.value, str) and given.value:
        return Written(f"{written[0].closed}.split({written[1].text})", Kind.LIST, tight=True)
    return None


def _replace(every: bool) -> Rule:
    """Of a text by a text; `$` in the new one would mean something else."""

    def rule(written: Sequence[Written], trees: Sequence[Tree]) -> Written | None:
        if len(trees) != 3:
            return None
        old, new = trees[1:]
        if not isinstance(old, Constant) or not isinstance(old.value, str) or not old.value:
            return None
        if not isinstance(new, Constant) or not isinstance(new.value, str) or "$" in new.value:
            return None
        once = "" if every else ", 1"
        subject, *rest = written
        return Written(f"{subject.closed}.replace({rest[0].text}, {rest[1].text}{once})",
                       Kind.TEXT, tight=True)  # fmt: skip

    return rule


def _extreme(name: str) -> Rule:
    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) < 2:
            return None
        numbers = ", ".join(f"{each.closed} + 0" for each in written)  # an error for anything else
        return Written(f"[{numbers}] | {name}", Kind.NUMBER, tight=False)

    return rule


def _rounded(method: str) -> Rule:
    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) != 1:
            return None
        return Written(f"{written[0].closed} | round(0, '{method}') | int", Kind.NUMBER, False)

    return rule


FUNCTIONS: Mapping[str, Rule] = {
    "String": _filter("string", Kind.TEXT),
    "JSON.stringify": _filter("to_json", Kind.TEXT),
    "JSON.parse": _filter("from_json", Kind.ANY),
    "Object.keys": _method("keys", Kind.LIST),
    "Object.values": _method("values", Kind.LIST),
    "Object.entries": _filter("items", Kind.LIST),
    "Math.abs": _filter("abs", Kind.NUMBER),
    "Math.floor": _rounded("floor"),
    "Math.ceil": _rounded("ceil"),
    "Math.max": _extreme("max"),
    "Math.min": _extreme("min"),
}
"""Functions by name."""

METHODS: Mapping[str, Rule] = {
    "toLowerCase": _filter("lower", Kind.TEXT),
    "toUpperCase": _filter("upper", Kind.TEXT),
    "trim": _filter("trim", Kind.TEXT),
    "toString": _filter("string", Kind.TEXT),
    "toJsonString": _filter("to_json", Kind.TEXT),
    "parseJson": _filter("from_json", Kind.ANY),
    "startsWith": _method("startswith", Kind.BOOLEAN, arguments=1),
    "endsWith": _method("endswith", Kind.BOOLEAN, arguments=1),
    "includes": _includes,
    "split": _split,
    "join": _filter("join", Kind.TEXT, arguments=1),
    "slice": _slice,
    "substring": _substring,
    "replace": _replace(every=False),
    "replaceAll": _replace(every=True),
    "first": _filter("first", Kind.ANY),
    "last": _filter("last", Kind.ANY),
    "reverse": _filter("reverse", Kind.LIST),
    "keys": _method("keys", Kind.LIST),
    "values": _method("values", Kind.LIST),
    "hash": _filter("md5", Kind.TEXT),
}
"""Methods by name."""
