"""ACTION.DATA_TRANSFORMATION: one function an operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from treadle.dag.outcomes import Completed
from treadle.dag.specs.data import DATA_TRANSFORMATION, DataTransformation, Operation
from treadle.dag.values import Value
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.data import tables
from treadle.workers.nodes.data.aggregates import figures
from treadle.workers.nodes.data.comparison import ordered
from treadle.workers.nodes.data.lists import distinct, join
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.loops.iteration import entries, kept, listed
from treadle.workers.nodes.results import within


@implements(DATA_TRANSFORMATION)
def run_transformation(attempt: Attempt) -> Completed:
    """Put out an object as it is, anything else under `data`."""
    config = attempt.config
    assert isinstance(config, DataTransformation)
    value = _OPERATIONS[config.operation](attempt, config)
    if isinstance(value, dict) and config.operation != "aggregate":
        return Completed(value)
    return Completed({"data": value})


def _items(attempt: Attempt) -> list[Value]:
    """Return the list worked on, whole; publication has written the default into `over`."""
    return listed(attempt, "over")


def _map(attempt: Attempt, config: DataTransformation) -> Value:
    fields = config.field_mapping or {}
    if config.over is None:
        return {name: attempt.evaluate(f"field_mapping.{name}") for name in fields}
    items = entries(attempt, "over")
    return within(
        items,
        (
            {
                name: attempt.evaluate(f"field_mapping.{name}", item=item, index=index)
                for name in fields
            }
            for index, item in enumerate(items)
        ),
    )


def _custom(attempt: Attempt, config: DataTransformation) -> Value:
    return attempt.evaluate("expression")


def _filter(attempt: Attempt, config: DataTransformation) -> Value:
    return kept(attempt, entries(attempt, "over"))


def _sort(attempt: Attempt, config: DataTransformation) -> Value:
    return ordered(_items(attempt), config.sort_field, config.order)


def _aggregate(attempt: Attempt, config: DataTransformation) -> Value:
    return figures(config.aggregation_functions or {}, entries(attempt, "over"))


def _group_by(attempt: Attempt, config: DataTransformation) -> Value:
    paths = config.group_by_fields or []
    return tables.grouped(_items(attempt), paths, config.aggregation_functions)


def _join(attempt: Attempt, config: DataTransformation) -> Value:
    key = config.key or ""
    paths = (key, config.other_key or key)
    return join(_items(attempt), listed(attempt, "other"), paths, config.how)


def _flatten(attempt: Attempt, config: DataTransformation) -> Value:
    return tables.flattened(_items(attempt), config.depth)


def _pivot(attempt: Attempt, config: DataTransformation) -> Value:
    index, column, value = config.index_field, config.column_field, config.value_field
    assert index is not None  # the spec's check sees to these three
    assert column is not None
    assert value is not None
    return tables.pivoted(_items(attempt), index, column, value, config.pivot_function)


def _dedupe(attempt: Attempt, config: DataTransformation) -> Value:
    return distinct(_items(attempt), config.dedupe_fields)


def _split_out(attempt: Attempt, config: DataTransformation) -> Value:
    assert config.field is not None  # the spec's check sees to it
    return tables.split_out(_items(attempt), config.field, config.include_rest)


_OPERATIONS: Mapping[Operation, Callable[[Attempt, DataTransformation], Value]] = {
    "map": _map,
    "filter": _filter,
    "aggregate": _aggregate,
    "sort": _sort,
    "group_by": _group_by,
    "join": _join,
    "flatten": _flatten,
    "pivot": _pivot,
    "dedupe": _dedupe,
    "split_out": _split_out,
    "custom": _custom,
}
