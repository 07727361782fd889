"""Lists of objects reshaped: groups, pivots, flattening, splitting. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

from treadle.dag.specs.data import Aggregation, Function
from treadle.dag.values import Value, dumps
from treadle.workers.nodes.data.aggregates import figure, figures
from treadle.workers.nodes.data.comparison import field_of, identity
from treadle.workers.nodes.errors import NameTaken, NotAList, NotAnObject, TooManyRows

MAX_CELLS = 1_000_000
#: Rows times columns of a pivot, empty cells included: beyond this it would never fit a payload.


def grouped(
    items: Sequence[Value], paths: Sequence[str], functions: Mapping[str, Aggregation] | None
) -> list[Value]:
    """Return one object a group, in order of first appearance.

    Each holds the fields it was grouped by, then its figures; its `items` if no figures are asked.
    """
    groups: dict[Hashable, list[Value]] = {}
    for item in items:
        key = tuple([identity(field_of(item, path)) for path in paths])
        groups.setdefault(key, []).append(item)
    taken = set(paths) & set(functions if functions else ("items",))
    if taken:
        raise NameTaken(f"{min(taken)!r} is both grouped by and a figure.", name=min(taken))
    return [
        {path: field_of(members[0], path) for path in paths}
        | (figures(functions, members) if functions else {"items": members})
        for members in groups.values()
    ]


def pivoted(
    items: Sequence[Value], index: str, column: str, value: str, function: Function
) -> list[Value]:
    """Return one object for each value of `index`, with a field for each value of `column`.

    Rows and columns stand in order of first appearance; a cell that no item fills is null.
    """
    rows: dict[Hashable, dict[str, list[Value]]] = {}
    labels: dict[Hashable, Value] = {}
    columns: dict[str, None] = {}
    for item in items:
        label = field_of(item, index)
        row = identity(label)
        name = _column_name(field_of(item, column))
        labels.setdefault(row, label)
        columns.setdefault(name)
        rows.setdefault(row, {}).setdefault(name, []).append(item)
    if index in columns:
        raise NameTaken(f"A column would be called {index!r}, as the rows are.", name=index)
    if len(rows) * len(columns) > MAX_CELLS:
        raise TooManyRows(f"The pivot has {len(rows):,} rows of {len(columns):,} columns.")
    return [
        {index: labels[row]}
        | {
            name: figure(function, value, cells[name]) if name in cells else None
            for name in columns
        }
        for row, cells in rows.items()
    ]


def _column_name(value: Value) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 3 and 3.0 are one number, so they are one column
    return value if isinstance(value, str) else dumps(value).decode()


def flattened(items: Sequence[Value], depth: int) -> list[Value]:
    """Return the items with up to `depth` levels of lists opened."""
    flat = list(items)
    for _ in range(depth):
        if not any(isinstance(item, list) for item in flat):
            break
        flat = [inner for item in flat for inner in (item if isinstance(item, list) else (item,))]
    return flat


def split_out(items: Sequence[Value], path: str, include_rest: bool) -> list[Value]:
    """Return an item for each element of a field's list; an item without the field gives none.

    Args:
        include_rest: Whether each keeps the other fields of the item it came from, and its
            element stands under the field's name; else it is the element.
    """
    result: list[Value] = []
    for place, item in enumerate(items):
        inner = field_of(item, path)
        if inner is None:
            continue
        if not isinstance(inner, list):
            raise NotAList(f"{path} of item {place} is no list.", position=place)
        if include_rest:
            if not isinstance(item, dict):
                raise NotAnObject(f"Item {place} has no fields to keep.", position=place)
            result.extend({**item, path: element} for element in inner)
        else:
            result.extend(inner)
        if len(result) > MAX_CELLS:
            raise TooManyRows(f"Splitting {path} makes more than {MAX_CELLS:,} items.")
    return result
