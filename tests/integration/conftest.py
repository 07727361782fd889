"""Fixtures of the tests that drive the ledger's protocol by hand."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway_server import Client, Clients, Served, serving
from tests.support.ledger_driver import Hand
from treadle.core.ids import new_id
from treadle.core.settings import Settings


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


@pytest.fixture
def served(settings: Settings) -> Iterator[Served]:
    """Return a gateway on this worker's servers."""
    with serving(settings) as made:
        yield made


@pytest.fixture(scope="module")
def standing_gateway(
    postgres_url: str, key_space_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Return a gateway on this worker's servers that all tests of a module may ask.

    It is for modules whose tests leave nothing in it; there, it takes the place of `served`.
    """
    settings = Settings(
        configured_database_url=postgres_url,
        configured_redis_url=key_space_url,
        data_dir=tmp_path_factory.mktemp("gateway"),
    )
    with serving(settings) as made:
        yield made


@pytest.fixture
def clients(served: Served) -> Iterator[Clients]:
    """Return clients of that gateway."""
    with Clients(served) as made:
        yield made


@pytest.fixture
def ada(clients: Clients) -> Client:
    """Return a client that may do everything for its account, whose name no other test uses."""
    return clients.of(f"ada-{new_id()}")
