"""Fields, equality and order of JSON values, as every list operation understands them.

Equality is JSON's: 1 is 1.0, neither is `true`, objects have no order. A field that is not there is
null, and null equals null. Only numbers, texts and booleans have an order, each among themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from treadle.dag.values import Value
from treadle.workers.nodes.errors import NotComparable, TooDeep


def field_of(item: Value, path: str | None) -> Value:
    """Return a field of an item, dots leading into objects; without a path the item itself."""
    if not path:
        return item
    if isinstance(item, dict) and path in item:
        return item[path]
    for name in path.split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def identity(value: Value) -> Hashable:
    """Return what two values share exactly when they are equal.

    Raises:
        TooDeep: the value nests deeper than it can be post_commit.
    """
    try:
        return _identity(value)
    except RecursionError as exc:
        raise TooDeep("A value is nested too deeply to be compared.") from exc


def _identity(value: Value) -> Hashable:
    if isinstance(value, dict):
        return "object", frozenset([(key, _identity(part)) for key, part in value.items()])
    if isinstance(value, list):
        return "list", tuple([_identity(part) for part in value])
    # Python holds true equal to 1; JSON does not.
    return ("boolean", value) if isinstance(value, bool) else value


def ordered(items: Iterable[Value], path: str | None, order: str) -> list[Value]:
    """Sort by a field: stable and nulls last, both ways.

    Raises:
        NotComparable: the field's values are of several kinds, or have no order.
    """
    keyed: list[tuple[Value, Value]] = []
    without: list[Value] = []
    for item in items:
        key = field_of(item, path)
        if key is None:
            without.append(item)
        else:
            keyed.append((key, item))
    check_comparable([key for key, _ in keyed], path)
    keyed.sort(key=lambda pair: pair[0], reverse=order == "desc")
    return [item for _, item in keyed] + without


def check_comparable(values: Sequence[Value], path: str | None) -> None:
    """Make sure that all of the values, none of them null, have one order.

    Raises:
        NotComparable: they do not.
    """
    kinds = sorted({_kind(value) for value in values})
    if not kinds or kinds in (["number"], ["text"], ["boolean"]):
        return
    what = f"The field {path}" if path else "The list"
    raise NotComparable(f"{what} holds {' and '.join(kinds)}, which have no order.", field=path)


def _kind(value: Value) -> str:
    return _KINDS[value.__class__]


_KINDS: dict[type[Any], str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "text",
    list: "list",
    dict: "object",
}
