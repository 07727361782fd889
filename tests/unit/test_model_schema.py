"""The exported JSON Schema, judged by a validator that is not ours."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support import acceptance
from tests.support.workflows import Document, chain, configured, node
from treadle.dag.publish import publish
from treadle.dag.schema import workflow_schema
from treadle.dag.specs import AVAILABLE, NodeSpec
from treadle.dag.validation import validate

SCHEMA = Draft202012Validator(workflow_schema())


def test_the_schema_is_a_schema() -> None:
    """Of the dialect it names."""
    Draft202012Validator.check_schema(workflow_schema())


@pytest.mark.parametrize("spec", AVAILABLE, ids=lambda spec: spec.key)
def test_the_example_of_every_node_type_conforms(spec: NodeSpec) -> None:
    """As written, and with all defaults written out."""
    for config in (dict(spec.example), spec.complete(spec.example)):
        SCHEMA.validate(configured(spec.key, **config))


@pytest.mark.parametrize("name", acceptance.names("run"))
def test_every_acceptance_workflow_conforms_before_and_after_publication(name: str) -> None:
    """What we accept and what we store is what we export."""
    document = acceptance.case("run", name)["workflow"]
    workflow = validate(document).workflow
    assert workflow is not None

    SCHEMA.validate(document)
    SCHEMA.validate(publish(workflow))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "1st"},
        {"name": "two words"},
        {"nmae": "x"},
        {"type": "FLOW", "subtype": "NOPE"},
        {"configurations": {"operation": "shout"}},
        {"configurations": {"operation": "custom", "expression": 1}},
        {"configurations": {"timeout": 5000}},
        {"configurations": {"colour": 1}},
        {"type": "FLOW", "subtype": "IF", "configurations": {}},
    ],
)
def test_what_has_the_wrong_shape_does_not_conform(change: dict[str, Any]) -> None:
    """The schema is as strict as the model."""
    document: Document = chain(node("n"))
    document["nodes"][1].update(change)

    assert not SCHEMA.is_valid(document)


def test_a_template_conforms_where_one_may_stand_and_nowhere_else() -> None:
    """Rendered fields take text with a template for any value."""
    assert SCHEMA.is_valid(configured("FLOW.DELAY", duration_seconds="{{ input.s }}"))
    assert not SCHEMA.is_valid(configured("FLOW.DELAY", duration_seconds="5"))
    assert not SCHEMA.is_valid(configured("FLOW.DELAY", timeout="{{ input.s }}"))
