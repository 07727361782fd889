"""The reference system's templates and conditions, in Treadle's expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from treadle.dag.problems import Step, json_path
from treadle.importing.javascript.methods import FUNCTIONS, Rule
from treadle.importing.javascript.parsing import parse
from treadle.importing.javascript.tree import Constant, Member, Name, Tree, Untranslatable
from treadle.importing.javascript.writing import write
from treadle.importing.javascript.written import Kind, Written
from treadle.importing.report import Reason, Report
from treadle.importing.texts import key_path, literal, not_translated, plain, slug, value_of

_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
#: Stands where the system fills something in; the braces may have blanks inside.
_PLACEHOLDER = re.compile(r"\{\{\s*\$placeholder\s*\}\}")


def _infix(sign: str, kind: Kind) -> Rule:
    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) < 2:
            return None
        return Written(f" {sign} ".join(each.closed for each in written), kind, tight=False)

    return rule


def _one(template: str, kind: Kind, count: int = 1) -> Rule:
    def rule(written: Sequence[Written], _: Sequence[Tree]) -> Written | None:
        if len(written) != count:
            return None
        text = template.format(*(each.closed for each in written))
        return Written(text, kind, tight=False)

    return rule


_FUNCTIONS: Mapping[str, Rule] = {
    **FUNCTIONS,
    "and": _infix("and", Kind.ANY),
    "or": _infix("or", Kind.ANY),
    "not": _one("not {}", Kind.BOOLEAN),
    "len": _one("{} | length", Kind.NUMBER),
    "lower": _one("{} | lower", Kind.TEXT),
    "upper": _one("{} | upper", Kind.TEXT),
    "contains": _one("{1} in {0}", Kind.BOOLEAN, 2),
    "startswith": _one("{}.startswith({})", Kind.BOOLEAN, 2),
    "endswith": _one("{}.endswith({})", Kind.BOOLEAN, 2),
    "add": _infix("+", Kind.NUMBER),
    "sub": _infix("-", Kind.NUMBER),
    "mul": _infix("*", Kind.NUMBER),
    "div": _infix("/", Kind.NUMBER),
    "if": _one("{1} if {0} else {2}", Kind.ANY, 3),
}


@dataclass(frozen=True, slots=True)
class Texts:
    """Translates the texts of one node."""

    report: Report
    path: tuple[Step, ...]
    nodes: Mapping[str, str]
    """How the output of an earlier node is read, by its id and its name there."""
    config: Mapping[str, Any]
    item: str = ""
    """What a bare name is a key of, where items are looked at in turn; else the input."""

    def expression(self, source: Any, *steps: Step) -> str:
        """Write a bare expression; one without a translation is refused later."""
        if not isinstance(source, str):
            return value_of(source)
        parts = _TEMPLATE.split(source)
        if len(parts) == 1:
            return self._translated(source, steps)
        if len(parts) == 3 and not parts[0].strip() and not parts[2].strip():
            return self._translated(parts[1], steps)
        return self._translated(
            "".join(f"({part})" if index % 2 else part for index, part in enumerate(parts)), steps
        )

    def template(self, value: Any, *steps: Step) -> Any:
        """Write a parameter, and all that it holds, as a template."""
        if isinstance(value, dict):
            return {key: self.template(each, *steps, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.template(each, *steps, index) for index, each in enumerate(value)]
        if not isinstance(value, str):
            return value
        if _PLACEHOLDER.search(value):
            return self._filled_in(value, steps)
        return "".join(
            f"{{{{ {self._translated(part, steps)} }}}}" if index % 2 else plain(part)
            for index, part in enumerate(_TEMPLATE.split(value))
        )

    def _filled_in(self, value: str, steps: tuple[Step, ...]) -> str:
        name = slug(str(next((each for each in reversed(steps) if isinstance(each, str)), "value")))
        self.report.add(
            json_path((*self.path, *steps)),
            Reason.PLACEHOLDER,
            f"It was to be filled in. Pass it as the input `{name}`, or write it here; a token is"
            " named as a secret.",
        )
        return _PLACEHOLDER.sub(lambda _: f"{{{{ trigger.{name} }}}}", value)

    def _translated(self, source: str, steps: tuple[Step, ...]) -> str:
        try:
            return write(parse(source), self._read, _FUNCTIONS).text
        except Untranslatable as untranslatable:
            self.report.add(
                json_path((*self.path, *steps)),
                Reason.EXPRESSION_NOT_TRANSLATED,
                f"The expression has no exact translation: {untranslatable}. `treadle validate`"
                " names its place; write it anew (docs/expressions.md).",
            )
            return not_translated(source.strip())

    def _read(self, tree: Tree) -> Written | None:  # noqa: PLR0911 - one for each form
        match tree:
            case Name("$json" | "$input" | "input" | "input_data"):
                return _object(self.item or "input")
            case Name("$trigger" | "trigger" | "trigger_data"):
                return _object("trigger")
            case Member(Name("$input"), Constant("result" | "main" | "data" as port)):
                return _object("input.data" if port == "data" else self.item or "input")
            case Member(Name("$config"), Constant(str(key))):
                value = self.config.get(key)
                if isinstance(value, dict | list) or key not in self.config:
                    raise Untranslatable(f"`$config.{key}` is no single value")
                return Written(value_of(value), Kind.ANY, tight=True)
            case Member(Name("$node"), Constant(str(name))):
                if name not in self.nodes:
                    raise Untranslatable(f"{name!r} does not run before it")
                return _object(self.nodes[name])
            case Member(Member(Name("$node"), _) as node, Constant("result" | "main" | "output")):
                return self._read(node)
            case Name(name) if name[:1] == "$":
                raise Untranslatable(f"`{name}` has no equivalent")
            case Name("item" | "index" | "last" as name):
                return Written(name, Kind.ANY, tight=True)
            case Name(name):
                return Written(key_path(self.item or "input", name), Kind.ANY, tight=True)
        return None


def _object(text: str) -> Written:
    return Written(text, Kind.OBJECT, tight=True)


def _sign(sign: str) -> Callable[[str, str], str]:
    return lambda a, b: f"{a} {sign} {b}"


_OPERATORS: Mapping[str, Callable[[str, str], str]] = {
    **{
        name: _sign(sign)
        for names, sign in (
            (("equals", "eq", "==", "="), "=="),
            (("not_equals", "ne", "!=", "not_equal"), "!="),
            (("greater_than", "gt", ">"), ">"),
            (("less_than", "lt", "<"), "<"),
            (("greater_than_or_equal", "gte", ">=", "greater_equal"), ">="),
            (("less_than_or_equal", "lte", "<=", "less_equal"), "<="),
        )
        for name in names
    },
    "contains": lambda a, b: f"{b} in {a}",
    "not_contains": lambda a, b: f"{b} not in {a}",
    "in": lambda a, b: f"{a} in {b}",
    "not_in": lambda a, b: f"{a} not in {b}",
    "starts_with": lambda a, b: f"{a}.startswith({b})",
    "ends_with": lambda a, b: f"{a}.endswith({b})",
    "exists": lambda a, _: f"({a} | default(none)) is not none",
    "not_exists": lambda a, _: f"({a} | default(none)) is none",
    "is_empty": lambda a, _: f"not ({a} | default(none))",
    "is_not_empty": lambda a, _: f"not not ({a} | default(none))",
}


def of_conditions(texts: Texts, given: Any, joint: str, *steps: Step) -> str:
    """Write a list of `{field, operator, value}` as one expression over an `item`."""
    found = []
    for index, each in enumerate(given if isinstance(given, list) else ()):
        if not isinstance(each, dict):
            found.append(texts.expression(each, *steps, index))
            continue
        field = key_path("item", *str(each.get("field", "")).split("."))
        operator = str(each.get("operator", "equals"))
        write_one = _OPERATORS.get(operator)
        if write_one is None:
            texts.report.add(
                json_path((*texts.path, *steps, index)),
                Reason.EXPRESSION_NOT_TRANSLATED,
                f"The operator {operator!r} has no exact translation.",
            )
            found.append(not_translated(f"{field} {operator}"))
        else:
            value = each.get("value")
            other = texts.expression(value) if _is_template(value) else value_of(value)
            found.append(write_one(field, other))
    if not found:
        return "true"
    if joint == "NOT":
        return f"not ({' or '.join(f'({each})' for each in found)})"
    sign = " or " if joint == "OR" else " and "
    return found[0] if len(found) == 1 else sign.join(f"({each})" for each in found)


def _is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def bare(value: Any) -> str:
    """Write any value as an expression that is that value."""
    return literal(value) if isinstance(value, str) else value_of(value)
