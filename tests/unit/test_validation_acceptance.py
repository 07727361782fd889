"""Validation against the acceptance cases."""

from __future__ import annotations

import json

import pytest

from tests.support import acceptance
from tests.support.workflows import found
from treadle.dag.graph import compile_graph
from treadle.dag.model import Workflow
from treadle.dag.publish import publish
from treadle.dag.validation import validate


@pytest.mark.parametrize("kind", ["run", "invalid"])
def test_the_acceptance_cases_are_there(kind: str) -> None:
    """Where CI runs they stand beside the checkout, so none of the tests below is empty."""
    acceptance.require(kind)

    assert acceptance.names(kind)


@pytest.mark.parametrize("name", acceptance.names("run"))
def test_what_runs_is_valid_without_a_warning(name: str) -> None:
    """Every workflow that has a result is accepted, as objects and as text."""
    document = acceptance.case("run", name)["workflow"]

    for form in (document, json.dumps(document), json.dumps(document).encode()):
        validation = validate(form)

        assert validation.problems == ()
        assert validation.warnings == ()
        assert validation.workflow is not None
        assert validation.graph is not None


@pytest.mark.parametrize("name", acceptance.names("invalid"))
def test_what_is_refused_is_told_everything_at_once(name: str) -> None:
    """All listed problems are in one answer, each with a message and a solution."""
    case = acceptance.case("invalid", name)
    validation = validate(case["workflow"])

    assert {(each["path"], each["reason"]) for each in case["problems"]} <= found(case["workflow"])
    assert all(problem.message and problem.solution for problem in validation.problems)
    assert validation.workflow is None
    assert validation.graph is None


@pytest.mark.parametrize("name", acceptance.names("run"))
def test_what_is_published_is_valid_compiles_and_stays_the_same(name: str) -> None:
    """A stored definition is accepted again, and publishing it changes nothing."""
    workflow = validate(acceptance.case("run", name)["workflow"]).workflow
    assert workflow is not None
    stored = publish(workflow)

    again = validate(json.dumps(stored)).workflow

    assert again is not None
    assert publish(again) == stored
    assert compile_graph(Workflow.model_validate(stored)).order
