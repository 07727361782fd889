"""n8n's nodes that reshape items: Set, Filter, Sort, Limit, Split Out, Aggregate, Merge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from treadle.importing.n8n.conditions import condition
from treadle.importing.n8n.scope import LONGEST, Items, Scope, same
from treadle.importing.n8n.step import Output, Outputs, Step, listed
from treadle.importing.n8n.task_nodes import task
from treadle.importing.report import Reason
from treadle.importing.texts import key_path, literal

TRANSFORMATION = "ACTION.DATA_TRANSFORMATION"


def pass_on(step: Step) -> Outputs:
    """No Operation: what arrives."""
    return step.compute("input", items=step.scope.items)


def edit_fields(step: Step) -> Outputs:
    """Set: an object of fields, or such fields over those of the item."""
    parameters = step.node.parameters
    if parameters.get("mode") == "raw" or "jsonOutput" in parameters:
        return _raw(step)
    scope = step.scope.per_item() if step.many else step.scope
    mapping, texts = _fields(step, scope)
    step.note(Reason.SETTING_CHANGED, "Fields keep the type of their value; n8n converts them.")
    item = f"({scope.json} | omit({', '.join(map(literal, texts))}))" if texts else scope.json
    kept = _rest(step, item)
    config: dict[str, Any] = {"operation": "map", "field_mapping": mapping}
    if step.many:
        config["over"] = "input.data"
    if kept is not None or not mapping:
        fields = ", ".join(f"{literal(key)}: {value}" for key, value in mapping.items())
        whole = kept or "{}"
        whole = f"{whole} | merge({{{fields}}})" if fields else whole
        if step.many:
            whole = f"{{'data': input.data | each({literal(whole)})}}"
        config = {"operation": "custom", "expression": whole}
        if len(whole) > LONGEST:
            return task(step)
    step.maps(TRANSFORMATION)
    node = step.add(TRANSFORMATION, config, input_params=texts)
    return {0: Output(node, items=step.scope.items, convert=listed if step.many else same)}


def _fields(step: Step, scope: Scope) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the expression of each field, and long texts, which are parameters of the node."""
    mapping: dict[str, str] = {}
    texts: dict[str, Any] = {}
    for name, value, steps in _assignments(step):
        key = scope.known(name)
        if key is None:
            message = "The name of a field is fixed here; it is left out."
            step.note(Reason.EXPRESSION_NOT_TRANSLATED, message, *steps)
        elif isinstance(value, str) and len(value) > LONGEST // 2 and not step.many:
            texts[f"n8n_text_{len(texts) + 1}"] = step.template(value, *steps)
            mapping[key] = f"input.n8n_text_{len(texts)}"
        else:
            mapping[key] = scope.expression(value, "parameters", *steps)
    if any("." in key for key in mapping) and step.node.options.get("dotNotation", True):
        step.note(Reason.OUTPUT_DIFFERS, "A dot in a field's name makes no nested object here.")
    return mapping, texts


def _raw(step: Step) -> Outputs:
    """Set in JSON mode: a document, which may hold expressions."""
    given = step.node.parameters.get("jsonOutput", "{}")
    scope = step.scope.per_item() if step.many else step.scope
    if isinstance(given, str) and not given.startswith("="):
        try:
            given = json.loads(given)
        except ValueError:
            step.note(Reason.SETTING_CHANGED, "The JSON cannot be read; it stands as text.",
                      "jsonOutput")  # fmt: skip
    written = scope.expression(given, "parameters", "jsonOutput")
    if " ~ " in written and "not_translated" not in written:
        written = f"({written}) | from_json"
    if step.many:
        written = f"{{'data': input.data | each({literal(written)})}}"
    if len(written) > LONGEST:
        return task(step)
    return step.compute(written, items=step.scope.items)


def _assignments(step: Step) -> Iterator[tuple[Any, Any, tuple[str | int, ...]]]:
    """Yield name, value and place of each field, in whichever version."""
    parameters = step.node.parameters
    for group, inner in (("assignments", "assignments"), ("fields", "values")):
        found = parameters.get(group)
        listing = found.get(inner) if isinstance(found, dict) else None
        for index, each in enumerate(listing if isinstance(listing, list) else ()):
            kind = str(each.get("type", "stringValue"))
            key = "value" if "value" in each or group == "assignments" else kind
            value = _typed(each.get(key), kind.removesuffix("Value"))
            yield each.get("name", ""), value, (group, inner, index, key)
    values = parameters.get("values")
    for kind, listing in values.items() if isinstance(values, dict) else ():
        for index, each in enumerate(listing if isinstance(listing, list) else ()):
            yield (
                each.get("name", ""),
                each.get("value", "" if kind == "string" else None),
                ("values", kind, index, "value"),
            )


def _typed(value: Any, kind: str) -> Any:
    """Return a literal as its type says; expressions keep theirs."""
    if not isinstance(value, str) or value.startswith("="):
        return value
    if kind == "string":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _rest(step: Step, item: str) -> str | None:
    """Return what is kept of an item; `None` if nothing is."""
    parameters, version = step.node.parameters, step.node.version
    if version < 3:
        return None if parameters.get("keepOnlySet") is True else item
    include = parameters.get("include", "all")
    if include == "none" or (version >= 3.3 and parameters.get("includeOtherFields") is not True):
        return None
    for kind, word in (("selected", "pick"), ("except", "omit")):
        if include == kind:
            fields = parameters.get("includeFields" if kind == "selected" else "excludeFields", "")
            names = [each.strip() for each in str(fields).split(",") if each.strip()]
            return f"({item} | {word}({', '.join(map(literal, names))}))"
    return item


def keep(step: Step) -> Outputs:
    """Filter: the items that match a condition; of one item, a branch."""
    given = step.node.parameters.get("conditions")
    if not step.many:
        step.maps("FLOW.IF")
        text = condition(step, step.scope, given, "conditions")
        node = step.add("FLOW.IF", {"condition_expression": text})
        return {0: Output(node, ("true",)), 1: Output(node, ("false",))}
    step.maps("FLOW.FILTER")
    text = condition(step, step.scope.per_item(), given, "conditions")
    return {0: filtered(step, text)}


def filtered(step: Step, expression: str, *, suffix: str = "") -> Output:
    """Add a filter over the items that arrive."""
    config = {"over": "input.data", "expression": expression}
    node = step.add("FLOW.FILTER", config, suffix=suffix)
    return Output(node, items=Items.MANY, convert=listed)


def limit(step: Step) -> Outputs:
    """Limit: the first or last items."""
    most = step.node.parameters.get("maxItems", 1)
    if not isinstance(most, int) or not step.many:
        if step.many:
            step.note(Reason.SETTING_LOST, "The number is known only in a run.", "maxItems")
        return pass_on(step)
    last = step.node.parameters.get("keep") == "lastItems"
    cut = f"[-{most}:]" if last else f"[:{most}]"
    return step.compute(f"{{'data': input.data{cut}}}", items=Items.MANY)


def sort(step: Step) -> Outputs:
    """Sort: by one field; by several, one after the other, the last first."""
    fields = step.node.parameters.get("sortFieldsUi")
    listing = fields.get("sortField") if isinstance(fields, dict) else None
    if not step.many:
        return pass_on(step)
    if step.node.parameters.get("type", "simple") != "simple" or not isinstance(listing, list):
        return task(step)
    written = "input.data"
    for each in reversed(listing):
        backwards = each.get("order") == "descending"
        written += (
            f" | sort(reverse={str(backwards).lower()}, case_sensitive=true,"
            f" attribute={literal(str(each.get('fieldName', '')))})"
        )
    return step.compute(f"{{'data': {written}}}", items=Items.MANY)


def split_out(step: Step) -> Outputs:
    """Split Out: an item for each element of a field's list."""
    parameters = step.node.parameters
    name = step.scope.known(parameters.get("fieldToSplitOut"))
    if not name or "," in name or step.node.options.get("includeBinary"):
        return task(step, items=Items.MANY)
    field = name.strip()
    new = step.node.options.get("destinationFieldName") or field.rpartition(".")[2]
    rest = parameters.get("include", "noOtherFields") != "noOtherFields"
    over = "input.data" if step.many else "[input]"
    step.maps(TRANSFORMATION)
    if rest:
        step.note(Reason.OUTPUT_DIFFERS, "Items keep all other fields of what they came from.",
                  "include")  # fmt: skip
    node = step.add(
        TRANSFORMATION,
        {"operation": "split_out", "over": over, "field": field, "include_rest": rest},
    )
    named = "item" if rest else f"item if item is mapping else {{{literal(str(new))}: item}}"
    if step.node.options.get("destinationFieldName") and not rest:
        named = f"{{{literal(str(new))}: item}}"

    def items(root: str) -> str:
        return f"{root}.data" if rest else f"({root}.data | each({literal(named)}))"

    return {0: Output(node, items=Items.MANY, convert=items)}


def aggregate(step: Step) -> Outputs:
    """Aggregate: all items in one."""
    parameters = step.node.parameters
    over = "input.data" if step.many else "[input]"
    if parameters.get("aggregate") == "aggregateAllItemData":
        name = str(parameters.get("destinationFieldName") or "data")
        include = parameters.get("include", "allFields")
        key = "fieldsToInclude" if include == "specifiedFields" else "fieldsToExclude"
        if include != "allFields":
            word = "pick" if include == "specifiedFields" else "omit"
            names = [each.strip() for each in str(parameters.get(key, "")).split(",")]
            inner = f"item | {word}({', '.join(map(literal, names))})"
            over = f"{over} | each({literal(inner)})"
        return step.compute(f"{{{literal(name)}: {over}}}")
    fields = parameters.get("fieldsToAggregate")
    listing = fields.get("fieldToAggregate") if isinstance(fields, dict) else None
    parts = []
    for each in listing if isinstance(listing, list) else ():
        name = str(each.get("fieldToAggregate", ""))
        new = str(each.get("outputFieldName") or "") if each.get("renameField") else ""
        inner = key_path("item", *name.split("."))
        written = f"{over} | where({literal(f'({inner} | default(none)) is not none')})"
        parts.append(
            f"{literal(new or name.rpartition('.')[2])}: {written} | each({literal(inner)})"
        )
    if not parts:
        return task(step)
    if step.node.options.get("keepMissing"):
        step.note(Reason.SETTING_LOST, "Values that are missing are left out.", "options")
    return step.compute(f"{{{', '.join(parts)}}}")


def remove_duplicates(step: Step) -> Outputs:
    """Remove Duplicates: within the items at hand."""
    parameters = step.node.parameters
    if parameters.get("operation", "removeDuplicateInputItems") != "removeDuplicateInputItems":
        return task(step, items=step.scope.items)
    if not step.many:
        return pass_on(step)
    compare = parameters.get("compare", "allFields")
    if compare == "allFieldsExcept":
        return task(step, items=Items.MANY)
    fields = str(parameters.get("fieldsToCompare", "")) if compare == "selectedFields" else ""
    step.maps(TRANSFORMATION)
    config: dict[str, Any] = {"operation": "dedupe", "over": "input.data"}
    if fields:
        config["dedupe_fields"] = [each.strip() for each in fields.split(",")]
    return {0: Output(step.add(TRANSFORMATION, config), items=Items.MANY, convert=listed)}


def item_lists(step: Step) -> Outputs:
    """Item Lists: the nodes above in one, as n8n had it once."""
    operation = str(step.node.parameters.get("operation", "splitOutItems"))
    kinds: Mapping[str, Any] = {
        "splitOutItems": split_out,
        "aggregateItems": aggregate,
        "concatenateItems": aggregate,
        "limit": limit,
        "sort": sort,
        "removeDuplicates": remove_duplicates,
    }
    if operation not in kinds:
        return task(step)
    outputs: Outputs = kinds[operation](step)
    return outputs
