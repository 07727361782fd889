"""The reference system's DATA_TRANSFORMATION, FILTER, SORT and MERGE."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from treadle.importing.reference.expressions import Texts, of_conditions
from treadle.importing.reference.step import Exit, Exits, Step, under
from treadle.importing.reference.tasks import policy, task
from treadle.importing.report import Reason
from treadle.importing.texts import key_path, literal

TRANSFORMATION = "ACTION.DATA_TRANSFORMATION"
_FUNCTIONS = {"count", "sum", "avg", "min", "max", "first", "last", "list", "count_distinct"}
_ALIASES = {"average": "avg", "mean": "avg", "collect": "list", "distinct": "count_distinct"}


def _items(step: Step) -> Texts:
    """Return the translator of texts that look at one item after the other."""
    return replace(step.texts, item="item")


def _over(step: Step) -> str:
    """Return the list that a node works on: its input parameter `data`, or `input.data`."""
    given = step.params.get("data")
    if given is None:
        step.note(
            Reason.OUTPUT_DIFFERS,
            "It works on the list `input.data`; if the node before puts"
            " its list elsewhere, write that into `over`.",
        )
        return "input.data"
    return step.texts.expression(given, "input_params", "data")


def transform(step: Step) -> Exits:
    """DATA_TRANSFORMATION, by its operation."""
    operation = str(step.config.get("operation", "map"))
    make = _OPERATIONS.get(operation)
    config = make(step) if make is not None else None
    if config is None:
        step.note(
            Reason.CODE_NOT_RUN,
            f"The operation {operation!r}, or its script, does not run from a definition.",
            "configurations",
            "operation",
        )
        return task(step)
    step.lose(
        "output_format" if step.config.get("output_format") != "json" else "",
        why="outputs are JSON",
    )
    step.maps(TRANSFORMATION)
    node = step.add(TRANSFORMATION, {"operation": operation, **config, **policy(step)})
    return {"result": Exit(node, convert=under("transformed_data"))}


def _map(step: Step) -> dict[str, Any] | None:
    mapping = step.config.get("field_mapping")
    if not isinstance(mapping, dict) or not mapping:
        return None
    texts = _items(step)
    fields = {
        name: texts.expression(source, "configurations", "field_mapping", name)
        if isinstance(source, str)
        else texts.expression(source)
        for name, source in mapping.items()
    }
    return {"over": _over(step), "field_mapping": fields}


def _filter(step: Step) -> dict[str, Any]:
    given = step.config.get("filter_conditions")
    text = of_conditions(_items(step), given, "AND", "configurations", "filter_conditions")
    return {"over": _over(step), "expression": text}


def _sort(step: Step) -> dict[str, Any]:
    given = step.config.get("sort_config")
    given = given if isinstance(given, dict) else {}
    order = "desc" if str(given.get("direction", "asc")).lower().startswith("desc") else "asc"
    return {"over": _over(step), "sort_field": str(given.get("field", "")), "order": order}


def _aggregate(step: Step) -> dict[str, Any] | None:
    functions = _functions(step)
    return {"over": _over(step), "aggregation_functions": functions} if functions else None


def _group_by(step: Step) -> dict[str, Any] | None:
    fields = step.config.get("group_by_fields")
    if not isinstance(fields, list) or not fields:
        return None
    config: dict[str, Any] = {
        "over": _over(step),
        "group_by_fields": [str(each) for each in fields],
    }
    functions = _functions(step)
    return {**config, "aggregation_functions": functions} if functions else config


def _functions(step: Step) -> dict[str, Any]:
    """Return aggregates: `{name: {function, field}}`, or `{field: function}` there."""
    given = step.config.get("aggregation_functions")
    found: dict[str, Any] = {}
    for name, each in given.items() if isinstance(given, dict) else ():
        function, field = (
            (each.get("function"), each.get("field")) if isinstance(each, dict) else (each, name)
        )
        function = _ALIASES.get(str(function).lower(), str(function).lower())
        if function in _FUNCTIONS:
            found[name] = {"function": function, "field": str(field or name)}
        else:
            step.note(
                Reason.SETTING_LOST,
                f"There is no aggregate {function!r}.",
                "configurations",
                "aggregation_functions",
                name,
            )
    return found


def _flatten(step: Step) -> dict[str, Any]:
    return {"over": _over(step)}


_OPERATIONS: Mapping[str, Callable[[Step], dict[str, Any] | None]] = {
    "map": _map,
    "filter": _filter,
    "sort": _sort,
    "aggregate": _aggregate,
    "group_by": _group_by,
    "flatten": _flatten,
}


def keep(step: Step) -> Exits:
    """FLOW.FILTER: what passes, and, where that leads on, what does not."""
    config = step.config
    kind = str(config.get("filter_type", "simple_condition"))
    if kind not in ("simple_condition", "complex_expression", "exists_filter"):
        step.note(
            Reason.CODE_NOT_RUN,
            f"The filter type {kind!r} has no equivalent.",
            "configurations",
            "filter_type",
        )
        return task(step)
    joint = str(config.get("logical_operator", "AND")).upper()
    text = of_conditions(
        _items(step), config.get("conditions"), joint, "configurations", "conditions"
    )
    if config.get("filter_mode") == "exclude":
        text = f"not ({text})"
    step.lose("sort_filtered_results", "custom_filter_function")
    over = _over(step)
    most = config.get("max_results", -1)
    step.maps("FLOW.FILTER")
    node = step.add("FLOW.FILTER", {"over": over, "expression": text, **policy(step)})
    cut = f"[:{most}]" if isinstance(most, int) and most > 0 else ""
    passed = Exit(node, convert=lambda root: f"{{'filtered_data': {root}.data{cut}}}")
    exits = {"result": passed, "passed": passed}
    if "filtered" in step.ports:
        other = step.add("FLOW.FILTER", {"over": over, "expression": f"not ({text})"}, suffix="not")
        exits["filtered"] = Exit(other, convert=under("filtered_data"))
    if "statistics" in step.ports:
        exits["statistics"] = Exit(node, convert=lambda root: f"{{'items_passed': {root}.count}}")
    return exits


def sort(step: Step) -> Exits:
    """FLOW.SORT: the same, over a list that is named."""
    step.maps("FLOW.SORT")
    field, order = step.config.get("sort_field", ""), step.config.get("order", "asc")
    config = {"over": _over(step), "sort_field": str(field), **policy(step)}
    config["order"] = "desc" if order == "desc" else "asc"
    return {"result": Exit(step.add("FLOW.SORT", config), convert=under("sorted_data"))}


def merge(step: Step) -> Exits:
    """FLOW.MERGE: waits for all branches, where the first to come was enough there."""
    config = step.config
    key = config.get("merge_key")
    duplicates = str(config.get("handle_duplicates", "keep_all"))
    union = config.get("merge_strategy") == "union" or duplicates != "keep_all"
    made: dict[str, Any] = {"merge_strategy": "union" if union else "concatenate", **policy(step)}
    if union and isinstance(key, str) and key:
        made["key"] = key
    if duplicates == "keep_last":
        step.note(
            Reason.MERGE_DIFFERS,
            "Of equal items the first stays, not the last.",
            "configurations",
            "handle_duplicates",
        )
    step.lose(
        "timeout_seconds" if config.get("timeout_seconds") != 300 else "",
        why="a merge waits until all its branches are settled",
    )
    step.maps("FLOW.MERGE")
    step.note(
        Reason.MERGE_DIFFERS,
        "It waits for every branch that runs; there it could go on with the first.",
    )
    return {"result": Exit(step.add("FLOW.MERGE", made), convert=under("merged_data"))}


def path_of(text: str) -> str:
    """Write a path such as `$.data.items` as an expression over the input."""
    steps = [each for each in text.removeprefix("$").strip(".").split(".") if each]
    return key_path("input", *steps) if steps else literal("")
