"""Conditions of IF, Filter and Switch nodes, in all versions of n8n's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from treadle.importing.n8n.scope import Scope
from treadle.importing.n8n.step import Step
from treadle.importing.report import Reason
from treadle.importing.texts import not_translated

Side = tuple[str, str]

_COMPARE = {"gt": ">", "lt": "<", "gte": ">=", "lte": "<="}
_FIRST = {
    "equal": "equals", "notEqual": "notEquals", "larger": "gt", "largerEqual": "gte",
    "smaller": "lt", "smallerEqual": "lte", "isEmpty": "empty", "isNotEmpty": "notEmpty",
    "after": "after", "before": "before",
}  # fmt: skip


def _closed(text: str) -> str:
    plain = text.replace(".", "").replace("_", "").isalnum() or text[:1] in "'[("
    return text if plain and " " not in text.strip("'") else f"({text})"


def _has(value: str) -> str:
    return f"({_closed(value)} | default(none))"


def _sign(sign: str) -> Callable[[str, str], str]:
    return lambda a, b: f"{_closed(a)} {sign} {_closed(b)}"


_OPERATIONS: Mapping[str, Callable[[str, str], str]] = {
    "equals": lambda a, b: f"{_closed(a)} == {_closed(b)}",
    "notEquals": lambda a, b: f"{_closed(a)} != {_closed(b)}",
    "contains": lambda a, b: f"{_closed(b)} in {_closed(a)}",
    "notContains": lambda a, b: f"{_closed(b)} not in {_closed(a)}",
    "startsWith": lambda a, b: f"{_closed(a)}.startswith({b})",
    "notStartsWith": lambda a, b: f"not {_closed(a)}.startswith({b})",
    "endsWith": lambda a, b: f"{_closed(a)}.endswith({b})",
    "notEndsWith": lambda a, b: f"not {_closed(a)}.endswith({b})",
    "exists": lambda a, _: f"{_has(a)} is not none",
    "notExists": lambda a, _: f"{_has(a)} is none",
    "empty": lambda a, _: f"not {_has(a)}",
    "notEmpty": lambda a, _: f"not not {_has(a)}",
    "true": lambda a, _: f"{_has(a)} is true",
    "false": lambda a, _: f"{_has(a)} is not true",
    "after": lambda a, b: f"({_closed(a)} | date_epoch) > ({_closed(b)} | date_epoch)",
    "before": lambda a, b: f"({_closed(a)} | date_epoch) < ({_closed(b)} | date_epoch)",
    "afterOrEquals": lambda a, b: f"({_closed(a)} | date_epoch) >= ({_closed(b)} | date_epoch)",
    "beforeOrEquals": lambda a, b: f"({_closed(a)} | date_epoch) <= ({_closed(b)} | date_epoch)",
    "lengthEquals": lambda a, b: f"({_closed(a)} | length) == {_closed(b)}",
    "lengthNotEquals": lambda a, b: f"({_closed(a)} | length) != {_closed(b)}",
    "lengthGt": lambda a, b: f"({_closed(a)} | length) > {_closed(b)}",
    "lengthLt": lambda a, b: f"({_closed(a)} | length) < {_closed(b)}",
    "lengthGte": lambda a, b: f"({_closed(a)} | length) >= {_closed(b)}",
    "lengthLte": lambda a, b: f"({_closed(a)} | length) <= {_closed(b)}",
    **{name: _sign(sign) for name, sign in _COMPARE.items()},
}


def condition(step: Step, scope: Scope, given: Any, *steps: str | int) -> str:
    """Return the `conditions` of a node as one expression, of either form that n8n has had."""
    if not isinstance(given, dict):
        return "true"
    if isinstance(given.get("conditions"), list):
        options = given.get("options")
        options = options if isinstance(options, dict) else {}
        node_options = step.node.options
        loose = options.get("typeValidation") == "loose" or bool(
            node_options.get("looseTypeValidation")
            or step.node.parameters.get("looseTypeValidation")
        )
        ignores = options.get("caseSensitive") is False or node_options.get("ignoreCase") is True
        found = [
            _second(step, scope, each, (loose, ignores), (*steps, "conditions", index))
            for index, each in enumerate(given["conditions"])
            if isinstance(each, dict)
        ]
        return _joined(found, "or" if given.get("combinator") == "or" else "and")
    either = step.node.parameters.get("combineOperation", "all")
    either = step.node.parameters.get("combineConditions", either)
    found = [
        _first(step, scope, (kind, each), (*steps, kind, index))
        for kind, listed in given.items()
        for index, each in enumerate(listed if isinstance(listed, list) else ())
        if isinstance(each, dict)
    ]
    return _joined(found, "or" if str(either).lower() in ("any", "or") else "and")


def _joined(found: list[str], word: str) -> str:
    if len(found) < 2:
        return found[0] if found else "true"
    return f" {word} ".join(f"({each})" for each in found)


def _second(
    step: Step,
    scope: Scope,
    given: Mapping[str, Any],
    how: tuple[bool, bool],
    steps: tuple[Any, ...],
) -> str:
    """Write a condition of n8n's second form: two values and an operator with a type."""
    operator = given.get("operator")
    operator = operator if isinstance(operator, dict) else {}
    kind, operation = str(operator.get("type")), str(operator.get("operation"))
    left = scope.expression(given.get("leftValue"), "parameters", *steps, "leftValue")
    right = ""
    if operation in ("true", "false") or operator.get("singleValue") is True:
        pass
    else:
        value = given.get("rightValue")
        if kind == "number" and isinstance(value, str) and not value.startswith("="):
            value = _number(value)
        if kind == "boolean" and isinstance(value, str) and not value.startswith("="):
            value = value.strip().lower() == "true"
        right = scope.expression(value, "parameters", *steps, "rightValue")
    loose, ignores = how
    if kind == "string" and right:
        left = f"({_closed(left)} | string)" if loose else left
        if ignores:
            left, right = f"({_closed(left)} | lower)", f"({_closed(right)} | lower)"
    elif kind == "number" and right and loose:
        left = f"({_closed(left)} | float)"
    return compared(step, operation, (left, right), *steps)


def _first(
    step: Step, scope: Scope, given: tuple[str, Mapping[str, Any]], steps: tuple[Any, ...]
) -> str:
    """Write a condition of n8n's first form: two values under their type."""
    kind, each = given
    operation = str(each.get("operation", "smaller" if kind == "number" else "equal"))
    left = scope.expression(each.get("value1", ""), "parameters", *steps, "value1")
    right = scope.expression(each.get("value2", ""), "parameters", *steps, "value2")
    if kind == "string" and operation not in ("isEmpty", "isNotEmpty"):
        left = f"({_closed(left)} | default('', true) | string)"
    return compared(step, _FIRST.get(operation, operation), (left, right), *steps)


def compared(step: Step, operation: str, sides: Side, *steps: str | int) -> str:
    """Write one comparison; one that has no translation is refused later."""
    write = _OPERATIONS.get(operation)
    if write is not None:
        return write(*sides)
    step.note(
        Reason.EXPRESSION_NOT_TRANSLATED,
        f"The operation {operation!r} of a condition has no exact translation;"
        " `treadle validate` names its place.",
        *steps,
    )
    return not_translated(f"{sides[0]} {operation} {sides[1]}")


def _number(text: str) -> Any:
    try:
        return int(text) if text.strip().lstrip("-").isdigit() else float(text)
    except ValueError:
        return text
