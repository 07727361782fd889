"""Fixtures of the tests that drive the ledger's protocol by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hand import Hand


@pytest.fixture
def hand(postgres_url: str) -> Iterator[Hand]:
    """Return a simulated worker on this worker's database."""
    made = Hand(postgres_url)
    yield made
    made.close()


@pytest.fixture
def other(postgres_url: str) -> Iterator[Hand]:
    """Return a second simulated worker, with a session of its own."""
    made = Hand(postgres_url)
    yield made
    made.close()
