"""The wire model and its publication."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.support.workflows import chain, configured, node, valid
from treadle.dag.model import DERIVED, Workflow
from treadle.dag.publish import publish
from treadle.dag.specs import AVAILABLE, SPECS, spec_of


def test_a_workflow_never_changes() -> None:
    """It is shared by every execution of its version."""
    workflow = Workflow.model_validate(chain(node("a")))

    with pytest.raises(ValidationError):
        workflow.metadata.name = "other"  # type: ignore[misc]


def test_publication_writes_out_defaults_and_spec_versions() -> None:
    """So that a later release changes nothing that runs."""
    workflow = valid(configured("FLOW.DELAY", retry_attempts=1)).workflow
    assert workflow is not None
    trigger, delay = publish(workflow)["nodes"]

    assert delay["spec_version"] == "1.0"
    assert delay["configurations"] == {
        "timeout": 420,
        "max_retries": 1,
        "retry_min_ms": 500,
        "retry_max_ms": 60_000,
        "enabled": True,
        "duration_seconds": 5.0,
    }
    assert trigger["configurations"]["trigger_name"] == "Manual Trigger"


def test_publication_keeps_templates_and_expressions_as_they_are() -> None:
    """They belong to the run."""
    workflow = valid(configured("FLOW.DELAY", duration_seconds="{{ input.s }}")).workflow
    assert workflow is not None

    stored = publish(workflow)["nodes"][1]["configurations"]
    assert stored["duration_seconds"] == "{{ input.s }}"


def test_what_only_the_system_can_know_is_not_stored() -> None:
    """An author's word for it would be read as fact."""
    document = chain(node("a"))
    document["metadata"] |= {
        "deployment_status": "DEPLOYED",
        "last_execution_status": "SUCCESS",
        "last_execution_time": 1,
        "created_time": 1,
        "created_by": "ada",
        "updated_by": "ada",
        "statistics": {"total_runs": 999},
        "tags": ["kept"],
    }
    workflow = valid(document).workflow
    assert workflow is not None

    stored = publish(workflow)["metadata"]
    document["metadata"] = {
        name: value for name, value in document["metadata"].items() if name not in DERIVED
    }
    without = valid(document).workflow
    assert without is not None

    assert stored == publish(without)["metadata"]
    assert stored["tags"] == ["kept"]


def test_every_type_the_design_names_is_listed() -> None:
    """What this release runs, and what is only known by name."""
    assert {spec.key for spec in AVAILABLE} == {
        "TRIGGER.MANUAL", "FLOW.IF", "FLOW.SWITCH", "FLOW.FOR_EACH", "FLOW.LOOP", "FLOW.MERGE",
        "FLOW.FILTER", "FLOW.SORT", "FLOW.DELAY", "ACTION.DATA_TRANSFORMATION",
        "ACTION.HTTP_REQUEST", "ACTION.PYTHON_TASK", "AI_AGENT.OPENAI_CHATGPT",
        "AI_AGENT.ANTHROPIC_CLAUDE", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL",
        "HUMAN_IN_THE_LOOP.MANUAL_REVIEW",
    }  # fmt: skip
    assert {kind for kind, _ in SPECS} == {
        "TRIGGER", "AI_AGENT", "ACTION", "EXTERNAL_ACTION", "FLOW", "HUMAN_IN_THE_LOOP", "TOOL",
        "MEMORY",
    }  # fmt: skip
    assert spec_of("FLOW", "NOPE") is None
