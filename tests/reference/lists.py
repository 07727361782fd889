"""Lists as MERGE, SORT and DATA_TRANSFORMATION treat them, the plainest way.

Choices that are left open: a field that is missing is null, and null is equal to null; `union` and
`intersection` keep the first of what is equal; of a joined row what the earlier source says stands;
`zip` makes a list a position, as far as the shortest source goes; `aggregate` puts its figures
under `data`; without `over` the list operations work on `input.data`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from tests.reference.result import ANY


class Refused(Exception):
    """A node cannot work on what it got; `ANY` for a reason that is left open."""

    def __init__(self, code: Any = ANY) -> None:
        super().__init__(code)
        self.code = code

    def to_wire(self) -> dict[str, Any]:
        return {"error_code": self.code, "error_message": ANY}


def identity(value: Any) -> Hashable:
    """What two JSON values share exactly when they are equal: 1 is 1.0, and neither is true."""
    if isinstance(value, dict):
        return "object", frozenset((key, identity(part)) for key, part in value.items())
    if isinstance(value, list):
        return "list", tuple(identity(part) for part in value)
    return _kind(value), value


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__


def field_of(item: Any, path: str | None) -> Any:
    """An item's field, dots leading into objects; null where it has none, the item for no path."""
    if not path:
        return item
    if isinstance(item, dict) and path in item:
        return item[path]
    for name in path.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def ordered(items: list[Any], field: str | None, order: str) -> list[Any]:
    """Stable both ways, nulls last both ways; only values of one kind have an order."""
    keyed = [item for item in items if field_of(item, field) is not None]
    _check_order([field_of(item, field) for item in keyed])
    keyed.sort(key=lambda item: field_of(item, field), reverse=order == "desc")
    return keyed + [item for item in items if field_of(item, field) is None]


def _check_order(values: list[Any]) -> None:
    kinds = {_kind(value) for value in values}
    if len(kinds) > 1 or kinds & {"dict", "list"}:
        raise Refused("values_not_comparable")


def concatenated(parts: list[list[Any]]) -> list[Any]:
    return [item for part in parts for item in part]


def distinct(items: list[Any], fields: list[str]) -> list[Any]:
    """The first of each kind, by some fields or as a whole."""
    seen: dict[Hashable, Any] = {}
    for item in items:
        seen.setdefault(identity([field_of(item, field) for field in fields or [""]]), item)
    return list(seen.values())


def union(parts: list[list[Any]], key: str | None) -> list[Any]:
    return distinct(concatenated(parts), [key] if key else [])


def intersection(parts: list[list[Any]], key: str | None) -> list[Any]:
    """Of the first source, the first of each kind that every other source has too."""
    others = [{identity(field_of(item, key)) for item in part} for part in parts[1:]]
    return [
        item
        for item in union(parts[:1], key)
        if all(identity(field_of(item, key)) in other for other in others)
    ]


def joined(parts: list[list[Any]], key: str, how: str) -> list[Any]:
    """Source after source joined to the rows so far."""
    rows = parts[0]
    for part in parts[1:]:
        rows = join(rows, part, (key, key), how)
    return rows


def join(rows: list[Any], mates: list[Any], keys: tuple[str, str], how: str) -> list[Any]:
    """Each row with each mate whose key is equal; what the row says stands.

    `left` and `outer` keep the rows that meet none, `outer` also such mates, after all rows.
    """
    if not all(isinstance(item, dict) for item in [*rows, *mates]):
        raise Refused("not_an_object")
    met: set[int] = set()
    result = []
    for row in rows:
        own = identity(field_of(row, keys[0]))
        places = [i for i, mate in enumerate(mates) if identity(field_of(mate, keys[1])) == own]
        met.update(places)
        result += [{**mates[place], **row} for place in places]
        if not places and how != "inner":
            result.append(row)
    if how == "outer":
        result += [mate for place, mate in enumerate(mates) if place not in met]
    return result


def zipped(parts: list[list[Any]]) -> list[Any]:
    """One list a position, as far as the shortest source goes."""
    return [list(row) for row in zip(*parts, strict=False)]


def flattened(items: list[Any], depth: int) -> list[Any]:
    """Lists among the items opened, so many levels deep."""
    if depth == 0:
        return items
    flat = concatenated([item if isinstance(item, list) else [item] for item in items])
    return flattened(flat, depth - 1)


def split_out(items: list[Any], field: str, include_rest: bool) -> list[Any]:
    """The elements of a field's lists, each with its item's other fields if asked."""
    result: list[Any] = []
    for item in items:
        elements = field_of(item, field)
        if elements is None:
            continue
        if not isinstance(elements, list):
            raise Refused("not_a_list")
        result += [{**item, field: e} for e in elements] if include_rest else elements
    return result


def grouped(
    items: list[Any], fields: list[str], functions: dict[str, dict[str, str]] | None
) -> list[Any]:
    """An object a group in order of appearance: its fields, then its figures, or its `items`."""
    result = []
    for first in distinct(items, fields):
        shared = {field: field_of(first, field) for field in fields}
        members = [
            item
            for item in items
            if all(identity(field_of(item, field)) == identity(shared[field]) for field in fields)
        ]
        result.append(shared | (figures(members, functions) if functions else {"items": members}))
    return result


def figures(items: list[Any], functions: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Each figure by its name."""
    return {
        name: _figure(each["function"], [field_of(item, each.get("field")) for item in items])
        for name, each in functions.items()
    }


def _figure(function: str, values: list[Any]) -> Any:
    """A figure of what is not null; of nothing it is null, a count and a sum 0."""
    there = [value for value in values if value is not None]
    if function == "count":
        return len(there)
    if function in ("sum", "avg"):
        if not all(_kind(value) == "number" for value in there):
            raise Refused("not_a_number")
        total = sum(there)
        return total if function == "sum" else total / len(there) if there else None
    if function in ("min", "max"):
        _check_order(there)
        return (min if function == "min" else max)(there, default=None)
    if function == "count_distinct":
        return len(distinct(there, []))
    if function == "list":
        return values
    return (values[0] if function == "first" else values[-1]) if values else None
