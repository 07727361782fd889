"""Columns reach the server as the values they were packed from."""

from __future__ import annotations

from typing import Any

import pytest

from treadle.core import postgres
from treadle.core.columns import pack
from treadle.core.ids import new_id
from treadle.dag.states import NodeState
from treadle.ledger.queries import element_types

COLUMNS: dict[str, list[Any]] = {
    "uuid": [new_id(), None],
    "text": ["", "ä–\N{SNOWMAN}", NodeState.READY, None],
    "bytea": [b"", b"\x00\xff" * 500, None],
    "boolean": [True, False, None],
    "smallint": [0, -32768, 32767, None],
    "integer": [0, -(2**31), 2**31 - 1, None],
    "bigint": [0, -(2**63), 2**63 - 1, None],
    "float8": [0.0, -1.5, 1e300, None],
}


@pytest.mark.parametrize("element_type", COLUMNS)
@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_packed_column_is_the_array_of_its_values(
    postgres_url: str, element_type: str, count: int
) -> None:
    """Every type that a statement takes, with nulls, and with no element at all."""
    values = COLUMNS[element_type][:count]
    with postgres.connect(postgres_url, autocommit=True) as session:
        column = pack(element_type, values)
        row = session.execute(f"select %(c)b::{element_type}[]", {"c": column}).fetchone()
    assert row == (values,)


def test_a_number_that_is_too_large_for_its_column_is_refused() -> None:
    """It never wraps around into another number."""
    with pytest.raises(Exception, match=r"format requires|out of range"):
        pack("integer", [2**31])


def test_a_query_tells_which_of_its_parameters_are_columns() -> None:
    """Their types stand in its text and nowhere else."""
    query = "select %(id)s, %(a)b::uuid[], %(b)b::text[] from unnest(%(b)b::text[])"
    assert element_types(query) == {"a": "uuid", "b": "text"}
