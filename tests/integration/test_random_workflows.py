"""Random workflows on a real worker and a real scheduler come to what the reference says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import WaitUntil
from tests.reference.compare import differences
from tests.reference.generate import random_case
from tests.support.in_process_cluster import InProcess, running
from tests.support.ledger_driver import check
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow

#: Workflows that run side by side; each batch of them takes some seconds.
TOGETHER = 20


@pytest.fixture
def cluster_here(fresh_postgres_url: str, redis_url: str, tmp_path: Path) -> Iterator[InProcess]:
    settings = Settings(
        configured_database_url=fresh_postgres_url,
        configured_redis_url=redis_url,
        data_dir=tmp_path,
        worker_threads=4,
    )
    with running(settings) as client:
        yield client


@pytest.mark.parametrize("first", [0, 1_000, 2_000])
def test_random_workflows_come_to_what_the_reference_says(
    cluster_here: InProcess, wait_until: WaitUntil, first: int
) -> None:
    """Statuses, outputs, keys, errors and counts of every node execution, and the invariants."""
    cases = [random_case(seed) for seed in range(first, first + TOGETHER)]
    executions = [cluster_here.submit(case.document, case.input) for case in cases]

    for execution in executions:
        wait_until(partial(cluster_here.has_ended, execution), timeout=60)

    found = {}
    for seed, (case, execution) in enumerate(zip(cases, executions, strict=True), start=first):
        told = differences(case.expected, cluster_here.shown(execution))
        told += check(cluster_here.session, execution)
        if told:
            found[seed] = told
    assert found == {}
