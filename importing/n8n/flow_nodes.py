"""n8n's nodes that branch, join and wait: IF, Switch, Merge, Wait, Loop Over Items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from treadle.importing.n8n.conditions import compared, condition
from treadle.importing.n8n.data_nodes import filtered
from treadle.importing.n8n.scope import Items, Scope, same, under
from treadle.importing.n8n.step import Output, Outputs, Step, listed
from treadle.importing.n8n.task_nodes import task
from treadle.importing.report import Reason
from treadle.importing.texts import literal, slug, unlike

_UNITS = {"seconds": 1, "minutes": 60, "hours": 3_600, "days": 86_400}
_LONGEST_WAIT = 86_400
_JOINS = {
    "keepMatches": "inner",
    "enrichInput1": "left",
    "keepEverything": "outer",
    "inner": "inner",
    "outer": "outer",
    "enrichInput2": None,
}


def branch(step: Step) -> Outputs:
    """IF: two branches; of many items, two filters."""
    scope = step.scope.per_item() if step.many else step.scope
    text = condition(step, scope, step.node.parameters.get("conditions"), "conditions")
    if not step.many:
        step.maps("FLOW.IF")
        node = step.add("FLOW.IF", {"condition_expression": text})
        return {0: Output(node, ("true",)), 1: Output(node, ("false",))}
    _split(step)
    outputs = {0: filtered(step, text)}
    if 1 in step.used:
        outputs[1] = filtered(step, f"not ({text})", suffix="false")
    return outputs


def _split(step: Step) -> None:
    step.note(
        Reason.PER_ITEM,
        f"{step.node.name!r} sends each item down a branch; here `{step.id}` filters the list for"
        " each branch. What follows runs with an empty list, too, where n8n would not run it.",
    )


def switch(step: Step) -> Outputs:
    """Switch: a case for each output."""
    scope = step.scope.per_item() if step.many else step.scope
    cases, fallback = _cases(step, scope)
    if not cases:
        return task(step)
    if step.node.options.get("allMatchingOutputs"):
        step.note(Reason.SETTING_CHANGED, "Only the first case that holds is taken.", "options")
    if step.many:
        _split(step)
        outputs: dict[int, Output] = {}
        for index, (_, _, when) in enumerate(cases):
            others = [f"({each})" for _, _, each in cases[:index]]
            text = f"({when}) and not ({' or '.join(others)})" if others else when
            number = cases[index][0]
            if number in step.used or not step.entries:
                outputs[number] = filtered(step, text, suffix="" if not outputs else f"{number}")
        return outputs
    step.maps("FLOW.SWITCH")
    config: dict[str, Any] = {
        "cases": [{"key": key, "when": when} for _, key, when in cases],
        "default": "default",
    }
    node = step.add("FLOW.SWITCH", config)
    outputs = {number: Output(node, (key,)) for number, key, _ in cases}
    if fallback is not None:
        outputs[fallback] = Output(
            node, ("default", *(outputs[fallback].keys if fallback in outputs else ()))
        )
    return outputs


def _cases(step: Step, scope: Scope) -> tuple[list[tuple[int, str, str]], int | None]:
    """Return output, key and condition of each case, and the output of what matches none."""
    parameters = step.node.parameters
    rules = parameters.get("rules")
    rules = rules if isinstance(rules, dict) else {}
    cases: list[tuple[int, str, str]] = []
    keys: list[str] = ["default", "error"]

    def case(number: int, name: Any, when: str) -> None:
        keys.append(unlike(slug(str(name or f"output {number}"), f"output_{number}"), keys))
        cases.append((number, keys[-1], when))

    if parameters.get("mode") == "expression":
        text = scope.expression(parameters.get("output", 0), "parameters", "output")
        for number in sorted(step.used):
            case(number, None, f"({text}) == {number}")
        return cases, None
    if isinstance(rules.get("values"), list):
        for index, each in enumerate(rules["values"]):
            at = ("rules", "values", index, "conditions")
            when = condition(step, scope, each.get("conditions"), *at)
            case(index, each.get("outputKey") if each.get("renameOutput") else None, when)
        extra = step.node.options.get("fallbackOutput")
        return cases, len(cases) if extra == "extra" else extra if isinstance(extra, int) else None
    value = scope.expression(parameters.get("value1", ""), "parameters", "value1")
    for index, each in enumerate(rules["rules"] if isinstance(rules.get("rules"), list) else ()):
        place = ("rules", "rules", index)
        other = scope.expression(each.get("value2", ""), "parameters", *place, "value2")
        operation = str(each.get("operation", "equal")).removeprefix("=")
        named = {
            "equal": "equals",
            "notEqual": "notEquals",
            "larger": "gt",
            "smaller": "lt",
            "largerEqual": "gte",
            "smallerEqual": "lte",
        }
        when = compared(step, named.get(operation, operation), (f"({value})", other), *place)
        number = each.get("output", index)
        case(number if isinstance(number, int) else index, each.get("outputKey"), when)
    fallback = parameters.get("fallbackOutput")
    return cases, fallback if isinstance(fallback, int) and fallback >= 0 else None


def merge(step: Step) -> Outputs:
    """Merge: append, by position, by a field, or one of the inputs."""
    mode = str(step.node.parameters.get("mode", "append"))
    parameters = step.node.parameters
    how = str(
        parameters.get("combineBy")
        or parameters.get("combinationMode")
        or {
            "mergeByIndex": "combineByPosition",
            "mergeByKey": "combineByFields",
            "multiplex": "combineAll",
        }.get(mode, "combineByFields")
    )
    if mode == "append":
        step.maps("FLOW.MERGE")
        node = step.add("FLOW.MERGE", {})
        return {0: Output(node, items=Items.MANY, convert=listed)}
    if mode in ("chooseBranch", "passThrough", "wait"):
        return _chosen(step)
    if mode in ("combine", "mergeByIndex", "mergeByKey", "multiplex"):
        if how in ("combineByPosition", "mergeByPosition"):
            return _by_position(step)
        if how in ("combineByFields", "mergeByFields"):
            return _by_field(step)
    step.note(
        Reason.MERGE_DIFFERS,
        f"The mode {how if mode == 'combine' else mode!r} is not there;"
        " the task gets what arrives, by node.",
        "mode",
    )
    return task(step, items=Items.MANY)


def _inputs(step: Step) -> list[list[Output]]:
    """Return what arrives at each input."""
    numbers = sorted({number for number, _ in step.sources})
    return [[each for at, each in step.sources if at == number] for number in numbers]


def _list_of(outputs: Sequence[Output]) -> str:
    """Write the items of one input as a list."""
    parts = []
    for each in outputs:
        text = each.convert(f"nodes.{each.node}")
        parts.append(text if each.items is Items.MANY else f"[{text}]")
    return " + ".join(f"({each})" if " " in each else each for each in parts)


def _chosen(step: Step) -> Outputs:
    wanted = step.node.parameters.get("useDataOfInput", step.node.parameters.get("output", 1))
    digits = "".join(each for each in str(wanted) if each.isdigit())
    inputs = _inputs(step)
    number = min(max(int(digits or 1), 1), max(len(inputs), 1)) - 1
    if not inputs or len(inputs[number]) != 1:
        return task(step)
    chosen = inputs[number][0]
    text = chosen.convert(f"nodes.{chosen.node}")
    many = chosen.items is Items.MANY
    return step.compute(f"{{'data': {text}}}" if many else text, items=chosen.items)


def _by_position(step: Step) -> Outputs:
    inputs = _inputs(step)
    if len(inputs) < 2:
        return step.compute("input", items=step.scope.items)
    single = all(len(each) == 1 and each[0].items is Items.ONE for each in inputs)
    if single:
        first, *others = [each[0].convert(f"nodes.{each[0].node}") for each in inputs]
        return step.compute(f"{first} | merge({', '.join(others)})")
    step.note(
        Reason.MERGE_DIFFERS,
        "Items without a partner are left out, and of equal fields the last input's stays.",
        "mode",
    )
    first, *others = [_list_of(each) for each in inputs]
    numbered = ", ".join(f"item[{index}]" for index in range(1, len(inputs)))
    body = literal(f"item[0] | merge({numbered})")
    written = f"({first}) | zip({', '.join(others)}) | each({body})"
    return step.compute(f"{{'data': {written}}}", items=Items.MANY)


def _by_field(step: Step) -> Outputs:
    parameters = step.node.parameters
    name = parameters.get("fieldsToMatchString")
    pairs = parameters.get("mergeByFields")
    pairs = pairs.get("values") if isinstance(pairs, dict) else None
    other = name
    if not name and isinstance(pairs, list) and len(pairs) == 1:
        name, other = pairs[0].get("field1"), pairs[0].get("field2")
    if mode_key := parameters.get("propertyName1"):
        name, other = mode_key, parameters.get("propertyName2", mode_key)
    how = _JOINS.get(str(parameters.get("joinMode", "keepMatches")))
    inputs = _inputs(step)
    if not isinstance(name, str) or "," in name or how is None or len(inputs) != 2:
        step.note(
            Reason.MERGE_DIFFERS,
            "Only two inputs are joined, by one field, keeping matches, the first or everything;"
            " the task gets what arrives.",
            "mode",
        )
        return task(step, items=Items.MANY)
    step.maps("ACTION.DATA_TRANSFORMATION")
    config = {
        "operation": "join",
        "over": _list_of(inputs[0]),
        "other": _list_of(inputs[1]),
        "key": name,
        "other_key": other or name,
        "how": how,
    }
    node = step.add("ACTION.DATA_TRANSFORMATION", config)
    return {0: Output(node, items=Items.MANY, convert=listed)}


def wait(step: Step) -> Outputs:
    """Wait: for a time, or for a call, which a person's answer stands for."""
    parameters = step.node.parameters
    resume = parameters.get("resume", "timeInterval")
    if resume == "timeInterval":
        # The unit's default changed with the second version of the node.
        unit = _UNITS.get(
            str(parameters.get("unit", "hours" if step.node.version < 1.1 else "seconds")), 1
        )
        amount = parameters.get("amount", 1 if step.node.version < 1.1 else 5)
        if isinstance(amount, str) and amount.startswith("="):
            seconds: Any = f"{{{{ ({step.expression(amount, 'amount')}) * {unit} }}}}"
        else:
            seconds = _seconds(step, amount, unit)
        step.maps("FLOW.DELAY")
        node = step.add("FLOW.DELAY", {"duration_seconds": seconds})
        return {0: Output(node, items=step.scope.items, convert=listed if step.many else same)}
    if resume == "specificTime":
        return task(step)
    step.note(
        Reason.CHANNEL_CHANGED,
        f"`{step.id}` waits for an answer (POST /v1/interactions/{{id}}/answer, or `treadle"
        " answer`) instead of a call or a form.",
    )
    node = step.add("HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", {"title": step.node.name[:200]})
    keys, rest = ("confirmed", "rejected"), ("input", "data") if step.many else ("input",)
    return {0: Output(node, keys, step.scope.items, under(*rest))}


def _seconds(step: Step, amount: Any, unit: int) -> float:
    try:
        seconds = float(amount) * unit
    except (TypeError, ValueError):
        seconds = 5.0
    if not 0.1 <= seconds <= _LONGEST_WAIT:
        step.note(
            Reason.SETTING_CHANGED, f"A delay is 0.1 s to a day; {seconds:g} s is not.", "amount"
        )
    return min(max(seconds, 0.1), float(_LONGEST_WAIT))
