"""What the evaluations of one attempt may cost together, and that its limit acts inside of them."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import WaitUntil
from tests.support.in_process_cluster import running
from tests.support.workflows import Document, configured, node, start, workflow
from treadle.core.settings import Settings
from treadle.dag.expressions import budget

pytestmark = pytest.mark.slow

#: About a million steps.
HEAVY = "([[0] * 1000] * 1000) | tojson | length"


def error_of(settings: Settings, wait_until: WaitUntil, document: Document) -> dict[str, Any]:
    """Return the error with which an execution fails."""
    with running(settings) as cluster:
        execution = cluster.submit(document)
        wait_until(lambda: cluster.has_ended(execution), 30)
        error = cluster.shown(execution)["error"]
        assert error is not None
        return dict(error)


@pytest.mark.parametrize("of_input", [False, True], ids=["fields of a mapping", "input_params"])
def test_all_that_an_attempt_evaluates_shares_one_budget(
    settings: Settings, wait_until: WaitUntil, of_input: bool
) -> None:
    """Sixty heavy fields take no longer than one that is as heavy as all of them."""
    fields = {f"f{i}": HEAVY for i in range(60)}
    heavy = node(
        "heavy",
        configurations={
            "operation": "map",
            "field_mapping": {"f": "1"} if of_input else fields,
            "max_retries": 0,
        },
        input_params={name: f"{{{{ {each} }}}}" for name, each in fields.items()}
        if of_input
        else {},
    )
    error = error_of(settings, wait_until, workflow(start(), heavy, connect="start -> heavy"))

    assert error["error_code"] == "expression_failed"
    assert error["error_details"]["cause"] == "over_budget"


def test_the_limit_of_an_attempt_acts_inside_an_evaluation(
    settings: Settings, wait_until: WaitUntil, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also inline, where nothing else interrupts the thread."""
    late = SimpleNamespace(monotonic=lambda: time.monotonic() + 3_600)
    monkeypatch.setattr(budget, "time", late)
    document = configured(
        "ACTION.DATA_TRANSFORMATION",
        operation="map", field_mapping={"f": HEAVY}, max_retries=0,
    )  # fmt: skip

    assert error_of(settings, wait_until, document)["error_code"] == "attempt_timed_out"
