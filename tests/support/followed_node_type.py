"""What the recipe of a node type came to; run in a tree where it was followed."""

from __future__ import annotations

from typing import Any

from tests.support.attempts import attempt_of
from tests.support.workflows import configured, found, valid
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.settings import Settings
from treadle.dag.specs import spec_of
from treadle.planner.catalogue import system_prompt
from treadle.workers.nodes.implementation import Services, implementations

KEY = "TEXT.REVERSE"
CONFIG = {"text": "{{ input.name }}"}


def test_a_workflow_that_has_it_is_valid() -> None:
    """And one that does not configure it is told what is missing."""
    valid(configured(KEY, **CONFIG))

    assert ("nodes[1].configurations.text", "missing") in found(configured(KEY))


def test_a_worker_runs_it() -> None:
    """By what was found for its spec."""
    spec = spec_of("TEXT", "REVERSE")
    assert spec is not None
    run = implementations(Services(Dialer(AddressPolicy(())), Settings()))[spec]

    outcome: Any = run(attempt_of(KEY, CONFIG, {"name": "weft"}))

    assert outcome.output == {"text": "tfew"}


def test_a_planner_is_told_of_it() -> None:
    """With what its spec says."""
    assert "TEXT.REVERSE: Turns text round." in system_prompt()
