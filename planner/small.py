"""The prompt and the schema for a small model.

It has 135 million parameters and little knowledge, so its prompt is short and has examples, it is
offered few step types, and its schema leaves little to get wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.dag.schema import configurations_schema
from treadle.dag.specs import NodeSpec, flow
from treadle.dag.specs.data import DATA_TRANSFORMATION
from treadle.dag.specs.http import HTTP_REQUEST
from treadle.dag.specs.people import IN_APP_APPROVAL
from treadle.dag.values import dumps
from treadle.planner.catalogue import small_prompt
from treadle.planner.drafts import Message, PlanDraft, SettingDraft, StepDraft

#: Steps of a plan that a small model makes, and characters of its texts.
_STEPS, _TEXT, _SHORT_TEXT = 4, 72, 48

#: The step types a small model is offered, with the settings that it fills in.
_OFFERED: Mapping[NodeSpec, tuple[str, ...]] = {
    HTTP_REQUEST: ("method", "url"),
    flow.FILTER: ("over", "expression"),
    flow.SORT: ("over", "sort_field"),
    flow.IF: ("condition_expression",),
    flow.DELAY: ("duration_seconds",),
    DATA_TRANSFORMATION: ("operation", "expression"),
    IN_APP_APPROVAL: ("title",),
}


def instructions() -> list[Message]:
    """Return the messages before the request: a short instruction and examples."""
    messages: list[Message] = [{"role": "system", "content": small_prompt()}]
    for request, draft in _EXAMPLES:
        messages.append({"role": "user", "content": request})
        messages.append({"role": "assistant", "content": dumps(_in_order(draft)).decode()})
    return messages


def _in_order(draft: PlanDraft) -> dict[str, Any]:
    """Return a draft with its parts in the order in which the schema asks for them."""
    dumped = draft.model_dump()
    order = _step(HTTP_REQUEST, _OFFERED[HTTP_REQUEST])["required"]
    steps = [{name: step[name] for name in order} for step in dumped["steps"]]
    return {**dumped, "steps": steps}


def schema() -> dict[str, Any]:
    """Return a narrower schema than the draft's: short texts, few types, only needed settings."""
    steps = [_step(spec, fields) for spec, fields in _OFFERED.items()]
    return _object(
        rationale=_text(_TEXT),
        title=_text(_SHORT_TEXT),
        assumptions=_nothing(),
        placeholders=_nothing(),
        steps={"type": "array", "items": {"anyOf": steps}, "minItems": 1, "maxItems": _STEPS},
        connections=_nothing(),
        cannot={"const": ""},
    )


def _step(spec: NodeSpec, fields: tuple[str, ...]) -> dict[str, Any]:
    properties = configurations_schema(spec)["properties"]
    settings = [
        _object(field={"const": name}, value=_value(spec, name, properties[name]))
        for name in fields
    ]
    return _object(
        type={"const": spec.key},
        settings={"type": "array", "prefixItems": settings,
                  "minItems": len(settings), "maxItems": len(settings)},
        purpose=_text(_SHORT_TEXT),
        id={"type": "string", "pattern": "^[a-z][a-z_]{1,23}$"},
    )  # fmt: skip


def _value(spec: NodeSpec, name: str, field: Mapping[str, Any]) -> dict[str, Any]:
    if spec is DATA_TRANSFORMATION and name == "operation":
        return {"const": "custom"}
    kinds = [field, *field.get("anyOf", ())]
    if (choices := next((each["enum"] for each in kinds if "enum" in each), None)) is not None:
        return {"enum": choices}
    if any(each.get("type") in ("integer", "number") for each in kinds):
        return {"type": "string", "pattern": "^[0-9]{1,5}$"}
    return _text(_TEXT)


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties),
            "additionalProperties": False}  # fmt: skip


def _text(length: int) -> dict[str, Any]:
    return {"type": "string", "maxLength": length}


def _nothing() -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, "maxItems": 0}


def _example(title: str, *steps: StepDraft) -> PlanDraft:
    return PlanDraft(
        rationale="These steps do what is asked.",
        title=title,
        assumptions=[],
        placeholders=[],
        steps=list(steps),
        connections=[],
        cannot="",
    )


def _example_step(step_id: str, spec: NodeSpec, purpose: str, *values: str) -> StepDraft:
    fields = zip(_OFFERED[spec], values, strict=True)
    settings = [SettingDraft(field=name, value=value) for name, value in fields]
    return StepDraft(id=step_id, type=spec.key, purpose=purpose, settings=settings)


#: Example requests with their plans; the last one has the most weight.
_EXAMPLES = (
    (
        "Ask a person whether to publish.",
        _example("Ask before publishing", _example_step("ask", IN_APP_APPROVAL, "Ask", "Publish?")),
    ),
    (
        "Wait 5 seconds, then compute 2 plus 3.",
        _example(
            "Wait and add",
            _example_step("wait", flow.DELAY, "Wait five seconds", "5"),
            _example_step("add", DATA_TRANSFORMATION, "Add two and three", "custom", "2 + 3"),
        ),
    ),
    (
        "Get http://shop.test/items, keep the items with a price above 10 and sort them by name.",
        _example(
            "Dear items by name",
            _example_step(
                "get_items", HTTP_REQUEST, "Get the items", "GET", "http://shop.test/items"
            ),
            _example_step(
                "keep_items", flow.FILTER, "Keep the dear", "input.json", "item.price > 10"
            ),
            _example_step("sort_items", flow.SORT, "Sort by name", "input.data", "name"),
        ),
    ),
)
