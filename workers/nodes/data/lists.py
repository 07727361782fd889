"""Lists brought together: what MERGE and DATA_TRANSFORMATION do to whole lists. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from itertools import chain

from treadle.dag.values import Value
from treadle.workers.nodes.data.comparison import field_of, identity
from treadle.workers.nodes.errors import NotAnObject, TooManyRows

MAX_ROWS = 1_000_000
#: Rows a result may have. A row of a joined list takes at least ten bytes of JSON, so more would
#: never fit a payload; without this, two lists of one key would multiply until memory ends.


def concatenated(parts: Sequence[list[Value]]) -> list[Value]:
    """Return all items, source after source."""
    return list(chain.from_iterable(parts))


def distinct(items: Iterable[Value], paths: Sequence[str] = ()) -> list[Value]:
    """Return the first item of each kind: by the fields named, or as a whole."""
    seen: dict[Hashable, Value] = {}
    for item in items:
        seen.setdefault(_key(item, paths), item)
    return list(seen.values())


def union(parts: Sequence[list[Value]], path: str | None) -> list[Value]:
    """Return what any source has, the first of each kind."""
    return distinct(concatenated(parts), [path] if path else ())


def intersection(parts: Sequence[list[Value]], path: str | None) -> list[Value]:
    """Return what every source has: the first source's items, the first of each kind."""
    paths = [path] if path else ()
    others = [{_key(item, paths) for item in part} for part in parts[1:]]
    kept = distinct(chain.from_iterable(parts[:1]), paths)
    return [item for item in kept if all(_key(item, paths) in other for other in others)]


def zipped(parts: Sequence[list[Value]]) -> list[Value]:
    """Return the items of each position together, as far as the shortest source goes."""
    return [list(row) for row in zip(*parts, strict=False)]


def joined(parts: Sequence[list[Value]], path: str, how: str) -> list[Value]:
    """Join source after source to the rows so far, by one field; see `join`."""
    rows = list(chain.from_iterable(parts[:1]))
    for part in parts[1:]:
        rows = join(rows, part, (path, path), how)
    return rows


def join(rows: list[Value], mates: list[Value], paths: tuple[str, str], how: str) -> list[Value]:
    """Put each row together with every mate whose field is equal; what the row says stands.

    Args:
        paths: The field of the rows and the field of the mates.
        how: `inner` drops rows that meet none, `left` keeps them, `outer` keeps the mates that
            met none too, after all rows.

    Raises:
        NotAnObject: a row or a mate has no fields.
        TooManyRows: the result has more than `MAX_ROWS`.
    """
    _check_objects(rows)
    _check_objects(mates)
    by_key: defaultdict[Hashable, list[int]] = defaultdict(list)
    for place, mate in enumerate(mates):
        by_key[identity(field_of(mate, paths[1]))].append(place)
    met: set[int] = set()
    result: list[Value] = []
    for row in rows:
        places = by_key.get(identity(field_of(row, paths[0])), ())
        if len(result) + len(places) > MAX_ROWS:
            raise TooManyRows(f"The join makes more than {MAX_ROWS:,} rows.")
        met.update(places)
        result.extend({**mates[place], **row} for place in places)
        if not places and how != "inner":
            result.append(row)
    if how == "outer":
        result.extend(mate for place, mate in enumerate(mates) if place not in met)
    return result


def _key(item: Value, paths: Sequence[str]) -> Hashable:
    if not paths:
        return identity(item)
    return tuple([identity(field_of(item, path)) for path in paths])


def _check_objects(items: Iterable[Value]) -> None:
    for place, item in enumerate(items):
        if not isinstance(item, dict):
            raise NotAnObject(f"Item {place} has no fields to be joined by.", position=place)
