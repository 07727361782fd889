"""MERGE: what each source adds, and how the lists become one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.attempts import attempt_of
from treadle.core.errors import TreadleError
from treadle.dag.values import Value
from treadle.workers.nodes.data.comparison import identity, ordered
from treadle.workers.nodes.data.lists import MAX_ROWS, intersection, join, joined, union, zipped
from treadle.workers.nodes.flow.merge import run_merge


def merged(config: dict[str, Any], sources: list[Value], loops: tuple[int, ...] = ()) -> Value:
    return run_merge(attempt_of("FLOW.MERGE", config, {}, sources=sources, loops=loops)).output


@pytest.mark.parametrize(
    ("output", "items"),
    [
        ({"data": [1, 2]}, [1, 2]),
        ({"data": [], "count": 0}, []),
        ({"data": "text"}, [{"data": "text"}]),
        ({"v": 1}, [{"v": 1}]),
        ({"results": [1], "count": 1}, [{"results": [1], "count": 1}]),
        (None, [None]),
        ([1, 2], [[1, 2]]),
    ],
)
def test_a_source_adds_its_data_list_or_itself_as_one_element(output: Value, items: Any) -> None:
    """Also when it is the only one taken."""
    assert merged({}, [output]) == {"data": items}


def test_a_loop_adds_its_results() -> None:
    """Only a loop: another node's `results` are a field like any other."""
    output = {"results": [1, 2], "count": 2}
    assert merged({}, [output, output], loops=(0,)) == {"data": [1, 2, output]}


@pytest.mark.parametrize(
    ("config", "data"),
    [
        ({"merge_strategy": "concatenate"}, [1, 2, 2, 2.0, True, 3]),
        ({"merge_strategy": "union"}, [1, 2, True, 3]),
        ({"merge_strategy": "intersection"}, [2]),
        ({"merge_strategy": "zip"}, [[1, 2.0], [2, True], [2, 3]]),
    ],
)
def test_each_strategy_over_plain_values(config: dict[str, Any], data: list[Value]) -> None:
    """REFERENCE 9.11: in the order of the connections; 2 and 2.0 are one value, 1 and true two."""
    result = merged(config, [{"data": [1, 2, 2]}, {"data": [2.0, True, 3]}])["data"]
    assert result == data
    assert [type(item) for item in result] == [type(item) for item in data]


LEFT = [{"k": 1, "a": "x", "s": "left"}, {"k": 2, "a": "y"}, {"k": 1, "a": "z"}]
RIGHT = [{"k": 1, "b": 10, "s": "right"}, {"k": 3, "b": 30}, {"k": 1.0, "b": 11}]


@pytest.mark.parametrize(
    ("how", "rows"),
    [
        ("inner", "x10 x11 z10 z11"),
        ("left", "x10 x11 y- z10 z11"),
        ("outer", "x10 x11 y- z10 z11 -30"),
    ],
)
def test_a_join_meets_by_its_key(how: str, rows: str) -> None:
    """Row after row, each with every mate; what met none stays as `how` says."""
    config = {"merge_strategy": "join", "key": "k", "how": how}
    data = merged(config, [{"data": LEFT}, {"data": RIGHT}])["data"]
    assert " ".join(f"{row.get('a', '-')}{row.get('b', '-')}" for row in data) == rows


def test_a_later_source_adds_keys_and_replaces_none() -> None:
    """What the first source says of a key stands."""
    config = {"merge_strategy": "join", "key": "k"}
    data = merged(config, [{"data": LEFT[:1]}, {"data": RIGHT[:1]}])["data"]
    assert data == [{"k": 1, "a": "x", "s": "left", "b": 10}]


def test_union_by_key_keeps_the_first_of_each_key() -> None:
    """By a field, dots leading into objects."""
    one, two = {"id": {"n": 1}, "from": "one"}, {"id": {"n": 1}, "from": "two"}
    data = merged({"merge_strategy": "union", "key": "id.n"}, [one, two])["data"]
    assert data == [one]


def test_a_join_of_what_has_no_fields_fails() -> None:
    """A number meets nothing."""
    with pytest.raises(TreadleError) as caught:
        merged({"merge_strategy": "join", "key": "k"}, [{"data": [1]}, {"data": [{"k": 1}]}])
    assert caught.value.reason == "not_an_object"


def test_a_join_that_multiplies_beyond_any_payload_fails_before_it_is_made() -> None:
    """Two lists of one key would make the square of their length."""
    rows = [{"k": 1}] * (int(MAX_ROWS**0.5) + 1)
    with pytest.raises(TreadleError) as caught:
        join(rows, rows, ("k", "k"), "inner")
    assert caught.value.reason == "payload_too_large"


scalars = st.sampled_from([None, True, False, 0, 1, 2, 0.5, 1.0, 2.0, "", "a", "b"])
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
lists = st.lists(json_values, max_size=5)
keys = st.none() | st.integers(0, 3)
rows = st.lists(st.fixed_dictionaries({"k": keys}, optional={"v": json_values}), max_size=5)


def ids(items: list[Value]) -> set[Any]:
    return {identity(item) for item in items}


@given(a=lists, b=lists)
def test_union_and_intersection_are_those_of_sets(a: list[Value], b: list[Value]) -> None:
    """And hold each value once, in the order of first appearance."""
    assert ids(union([a, b], None)) == ids(a) | ids(b)
    assert ids(intersection([a, b], None)) == ids(a) & ids(b)
    for result in (union([a, b], None), intersection([a, b], None)):
        assert len(result) == len(ids(result))
    assert union([a, a], None) == union([a], None)


@given(left=rows, right=rows)
def test_every_join_holds_the_inner_one_and_every_row_as_promised(
    left: list[Value], right: list[Value]
) -> None:
    """Inner is the pairs of equal keys; left adds what is alone on the left; outer on both."""
    pairs = sum(one["k"] == other["k"] for one in left for other in right)
    alone_left = sum(all(one["k"] != other["k"] for other in right) for one in left)
    alone_right = sum(all(one["k"] != other["k"] for one in left) for other in right)
    sizes = [len(joined([left, right], "k", how)) for how in ("inner", "left", "outer")]
    assert sizes == [pairs, pairs + alone_left, pairs + alone_left + alone_right]


@given(parts=st.lists(lists, min_size=1, max_size=3))
def test_zip_is_as_long_as_the_shortest_source(parts: list[list[Value]]) -> None:
    """Each row holds one item of every source."""
    result = zipped(parts)
    assert len(result) == min(map(len, parts))
    assert all(row == [part[at] for part in parts] for at, row in enumerate(result))


@given(items=st.lists(st.fixed_dictionaries({}, optional={"n": st.none() | st.integers(0, 3)})))
def test_sorting_orders_and_loses_nothing(items: list[Value]) -> None:
    """Ascending among the numbers, the others after them, all of it still there."""
    tagged = [{**item, "at": at} for at, item in enumerate(items)]
    result = ordered(tagged, "n", "asc")
    assert sorted(item["at"] for item in result) == list(range(len(items)))
    keys = [(item.get("n") is None, item.get("n") or 0, item["at"]) for item in result]
    assert keys == sorted(keys)


@given(value=json_values, other=json_values)
def test_equal_values_share_their_identity_and_no_others(value: Value, other: Value) -> None:
    """JSON's equality, told apart by what a JSON writer would say of the kinds."""
    assert (identity(value) == identity(other)) == _equal(value, other)


def _equal(value: Value, other: Value) -> bool:
    if isinstance(value, bool) or isinstance(other, bool):
        return value is other
    if isinstance(value, list) and isinstance(other, list):
        return len(value) == len(other) and all(map(_equal, value, other))
    if isinstance(value, dict) and isinstance(other, dict):
        return value.keys() == other.keys() and all(_equal(value[k], other[k]) for k in value)
    return bool(value == other)
