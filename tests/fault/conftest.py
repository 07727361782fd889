"""One cell for the tests of this folder, made whole again before each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import WaitUntil
from tests.fault.cell import Cell

pytest.register_assert_rewrite("tests.fault.invariants")


@pytest.fixture(scope="session")
def fault_cell(tmp_path_factory: pytest.TempPathFactory, wait_until: WaitUntil) -> Iterator[Cell]:
    """Return the servers of this pytest worker's cell, with whatever processes still run."""
    cell = Cell(tmp_path_factory.mktemp("cell"), wait_until)
    cell.start()
    yield cell
    cell.stop()


@pytest.fixture
def cell(fault_cell: Cell) -> Iterator[Cell]:
    """Return the cell with two workers and a scheduler; afterwards none of them has complained."""
    fault_cell.make_whole()
    yield fault_cell
    assert fault_cell.take_complaints() == []
