"""Random workflows are valid, various, reproducible, and no bigger than they are meant to be."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings

from tests.reference.generate import MOST_RECORDS, Case, cases, random_case, random_workflow
from tests.reference.shapes import SHAPES, scientific
from treadle.dag.validation import validate

SEEDS = range(60)

#: What a definition may weigh, in bytes of JSON.
DEFINITION_BYTES = 2 * 1024 * 1024


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(cases())
def test_every_drawn_workflow_is_valid(case: Case) -> None:
    """Validation, which the generator knows nothing of, has nothing to say."""
    assert validate(case.document).problems == ()
    assert 3 <= len(case.document["nodes"]) <= 41
    assert len(case.expected.records) <= MOST_RECORDS


@pytest.mark.parametrize("seed", SEEDS)
def test_every_seeded_workflow_is_valid(seed: int) -> None:
    """The same for workflows by seed, which tests of the command line use."""
    assert validate(random_workflow(seed)).problems == ()


def test_a_seed_always_gives_the_same_case() -> None:
    """A failure can be repeated by its seed."""
    once, again = random_case(7), random_case(7)
    assert json.dumps([once.document, once.input]) == json.dumps([again.document, again.input])
    assert once.expected == again.expected


@pytest.mark.slow
def test_random_workflows_reach_every_corner() -> None:
    """Among a few dozen there is each node type, each end, and loops inside loops."""
    made = [random_case(seed) for seed in SEEDS]
    subtypes = Counter(node["subtype"] for case in made for node in case.document["nodes"])
    assert subtypes.keys() == {
        "MANUAL", "DATA_TRANSFORMATION", "IF", "SWITCH", "FOR_EACH", "LOOP",
        "MERGE", "FILTER", "SORT", "DELAY",
    }  # fmt: skip
    statuses = Counter(case.expected.status for case in made)
    assert min(statuses["SUCCESS"], statuses["ERROR"]) >= len(made) // 6
    records = Counter(r.status for case in made for r in case.expected.records.values())
    assert min(records[status] for status in ("completed", "failed", "skipped", "canceled")) > 5
    scopes = [record.scope for case in made for record in case.expected.records.values()]
    assert max(scope.count(":") for scope in scopes) >= 2
    keys = {r.output_key for case in made for r in case.expected.records.values()}
    assert {"result", "true", "false", "done", "error", None} <= keys


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("size", [50, 1000])
def test_a_scientific_shape_is_a_valid_workflow(shape: str, size: int) -> None:
    """As maps, and as calls of a task."""
    assert validate(scientific(shape, size)).problems == ()
    assert validate(scientific(shape, size, task="add_one")).problems == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_biggest_shape_is_no_bigger_than_a_definition_may_be(shape: str) -> None:
    """5,000 nodes and their connections fit, written without white space."""
    document = scientific(shape, 5000)
    assert len(json.dumps(document, separators=(",", ":"))) < DEFINITION_BYTES
    assert 4900 <= len(document["nodes"]) <= 5001
