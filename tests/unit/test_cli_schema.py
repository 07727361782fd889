"""`treadle schema`: the shape of a workflow, for other programs."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from tests.support.workflows import chain, node
from treadle.cli.validate import schema


def test_the_printed_schema_accepts_a_workflow_and_refuses_a_typo(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It is a JSON Schema of its own, and tells a workflow from what is none."""
    schema()
    printed = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(printed)
    validator = Draft202012Validator(printed)
    document = chain(node("a"))
    assert validator.is_valid(document)
    assert not validator.is_valid({**document, "nodez": []})
