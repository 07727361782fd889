"""The nodes of random workflows: what each kind is configured with, and what it then puts out."""

from __future__ import annotations

from typing import Any

from tests.reference import vocabulary
from tests.reference.choices import Choices, once_in, pick
from tests.reference.vocabulary import Seen, Shape, Sight

KINDS = (
    "map", "map", "map", "custom", "IF", "FOR_EACH", "LOOP", "rows", "numbers", "SWITCH",
    "concatenate", "FILTER", "SORT", "map_over", "filter", "sort", "union", "intersection",
    "join", "zip", "FOR_EACH", "LOOP", "reshape", "any", "DELAY",
)  # fmt: skip
"""The first is the plainest; the last, which costs time to run, is the rarest."""

Made = tuple[str, str, dict[str, Any], dict[str, Shape]]


def make_node(choices: Choices, kind: str, node: str, sight: Sight, shape: Shape) -> Made:
    """Return type, subtype, configurations, and what each output key puts out."""
    if kind in ("IF", "SWITCH", "DELAY"):
        return _passing(choices, kind, sight, shape)
    if kind in ("FILTER", "SORT", "filter", "sort", "map_over"):
        return _listing(choices, kind, sight)
    if kind in ("concatenate", "union", "intersection", "join", "zip", "any"):
        return _merging(choices, kind)
    if kind == "reshape":
        return _reshaping(choices, sight)
    return _transforming(choices, kind, node, sight)


def _passing(choices: Choices, kind: str, sight: Sight, shape: Shape) -> Made:
    if kind == "DELAY":
        return "FLOW", kind, {"duration_seconds": 0.1}, {"result": shape}
    first = vocabulary.condition(choices, sight)
    if kind == "IF":
        return "FLOW", kind, {"condition_expression": first}, {"false": shape, "true": shape}
    cases = [{"key": "a", "when": first}]
    if once_in(choices, 2):
        cases.append({"key": "b", "when": vocabulary.condition(choices, sight)})
    keys = {"else": shape} | {case["key"]: shape for case in cases}
    return "FLOW", kind, {"cases": cases, "default": "else"}, keys


def _listing(choices: Choices, kind: str, sight: Sight) -> Made:
    over = vocabulary.numbers(choices, sight)
    inside = (Seen("item", Shape.NUMBER), Seen("index", Shape.NUMBER), *sight)
    puts_out = {"result": Shape.NUMBERS}
    if kind in ("SORT", "sort"):
        configurations: dict[str, Any] = {"over": over, "sort_field": ""}
        if once_in(choices, 2):
            configurations = {"over": "trigger.rows", "sort_field": "value"}
            puts_out = {"result": Shape.LIST}
        configurations["order"] = pick(choices, ("asc", "desc"))
    elif kind in ("FILTER", "filter"):
        configurations = {"over": over, "expression": vocabulary.condition(choices, inside)}
    else:
        value = vocabulary.number(choices, inside)
        configurations = {"over": over, "field_mapping": {"v": value, "i": "index"}}
        puts_out = {"result": Shape.LIST}
    if kind in ("FILTER", "SORT"):
        return "FLOW", kind, configurations, puts_out
    operation = "map" if kind == "map_over" else kind
    return "ACTION", "DATA_TRANSFORMATION", {"operation": operation, **configurations}, puts_out


def _reshaping(choices: Choices, sight: Sight) -> Made:
    several = vocabulary.numbers(choices, sight)
    figures = {
        "total": {"function": "sum", "field": "value"},
        "top": {"function": "max", "field": "value"},
    }
    configurations: dict[str, Any] = pick(
        choices,
        (
            {"operation": "dedupe", "over": f"{several} + {several}"},
            {"operation": "flatten", "over": f"[{several}, [{several}]]"},
            {"operation": "aggregate", "over": "trigger.rows", "aggregation_functions": figures},
            {"operation": "split_out", "over": f"[{{'x': {several}}}]", "field": "x"},
            {
                "operation": "group_by",
                "over": "trigger.rows + trigger.rows",
                "group_by_fields": ["value"],
                "aggregation_functions": figures,
            },
            {"operation": "join", "over": "trigger.rows", "other": "trigger.rows", "key": "value"},
        ),
    )
    shape = Shape.UNKNOWN if configurations["operation"] == "aggregate" else Shape.LIST
    return "ACTION", "DATA_TRANSFORMATION", configurations, {"result": shape}


def _merging(choices: Choices, kind: str) -> Made:
    if kind == "any":
        return "FLOW", "MERGE", {"wait_for": "any"}, {"result": Shape.LIST}
    configurations: dict[str, Any] = {"merge_strategy": kind}
    if kind == "join":
        configurations |= {"key": "k", "how": pick(choices, ("inner", "left", "outer"))}
    shape = Shape.ROWS if kind == "join" else Shape.LIST
    return "FLOW", "MERGE", configurations, {"result": shape}


def _transforming(choices: Choices, kind: str, node: str, sight: Sight) -> Made:
    custom: dict[str, Any] = {"operation": "custom"}
    if kind == "rows":
        keys = [choices.integer(0, 2) + 3 * i for i in range(choices.integer(1, 3))]
        value = vocabulary.number(choices, sight)
        rows = ", ".join(f"{{'k': {key}, 'v_{node}': {value}}}" for key in keys)
        custom["expression"] = f"[{rows}]"
        return "ACTION", "DATA_TRANSFORMATION", custom, {"result": Shape.ROWS}
    if kind == "numbers":
        custom["expression"] = vocabulary.numbers(choices, sight)
        return "ACTION", "DATA_TRANSFORMATION", custom, {"result": Shape.NUMBERS}
    value = vocabulary.number(choices, sight)
    several = vocabulary.numbers(choices, sight)
    if kind == "custom":
        custom["expression"] = f"{{'v': {value}, 'xs': {several}}}"
        return "ACTION", "DATA_TRANSFORMATION", custom, {"result": Shape.FIELDS}
    mapping = {"operation": "map", "field_mapping": {"v": value, "xs": several}}
    return "ACTION", "DATA_TRANSFORMATION", mapping, {"result": Shape.FIELDS}


def for_each(choices: Choices, sight: Sight) -> tuple[dict[str, Any], Sight]:
    index = Seen("index", Shape.NUMBER)
    form = choices.integer(0, 5)
    if form == 4:
        over = f"{{'p': {vocabulary.number(choices, sight)}, 'q': 2}}"
        names: Sight = (Seen("item", Shape.ENTRY), index)
    else:
        over = "trigger.rows" if form == 5 else vocabulary.numbers(choices, sight)
        names = (Seen("item", Shape.ENTRY if form == 5 else Shape.NUMBER), index)
    configurations: dict[str, Any] = {"over": over}
    if once_in(choices, 3):
        configurations["max_parallel"] = pick(choices, (1, 2))
    return configurations, names


def turns(choices: Choices, sight: Sight) -> tuple[dict[str, Any], Sight]:
    names: Sight = (Seen("index", Shape.NUMBER), Seen("last", Shape.LAST))
    form = choices.integer(0, 4)
    if form <= 1:
        low = choices.integer(0, 4)
        return {"loop_type": "for_range", "start_value": low, "end_value": low + 2}, names
    if form == 2:
        # The start may come out a text or no whole number: then the node refuses it.
        start = f"{{{{ ({vocabulary.number(choices, sight)}) % 4 }}}}"
        return {"loop_type": "for_range", "start_value": start, "end_value": -1, "step": -2}, names
    if form == 3:
        most = choices.integer(0, 3)
        return {"loop_type": "while", "loop_condition": f"index < {most}"}, names
    endless = {"loop_type": "while", "loop_condition": "true", "max_iterations": 2}
    return endless | ({"stop_at_max": True} if once_in(choices, 2) else {}), names
