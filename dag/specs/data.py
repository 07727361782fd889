"""ACTION.DATA_TRANSFORMATION: operations that reshape data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from treadle.dag.fields import PER_ITEM, Bare, Expression, Fixed
from treadle.dag.model import Strict
from treadle.dag.problems import Problem, quoted
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Config, NodeSpec

Operation = Literal[
    "map", "filter", "aggregate", "sort", "group_by", "join",
    "flatten", "pivot", "dedupe", "split_out", "custom",
]  # fmt: skip
Function = Literal["count", "sum", "avg", "min", "max", "first", "last", "list", "count_distinct"]

#: The default list of a list operation: where Treadle's outputs have their lists.
DEFAULT_LIST = "input.data"


class Aggregation(Strict):
    """One aggregate over the items of a list or group."""

    function: Function
    field: str | None = None
    """The field to aggregate, with dots for nested fields; not needed by `count`."""


def _over_items(config: Config) -> bool:
    return config.get("over") is not None


def _is_filter(config: Config) -> bool:
    return config.get("operation") == "filter"


class DataTransformation(Configuration):
    """Each operation reads the fields that `NEEDS` and the field descriptions name."""

    operation: Annotated[Operation, Fixed()] = "map"
    """What is done; each field below names the operations that use it."""
    over: Expression | None = None
    """The list to work on. Default: `input.data`; `map` and `custom` then work on the input."""
    field_mapping: dict[str, Annotated[str, Bare(PER_ITEM, when=_over_items)]] | None = None
    """`map`: each key's expression; with `over`, once for each `item`."""
    expression: Annotated[str | None, Bare(PER_ITEM, when=_is_filter)] = None
    """`filter`: whether an `item` is kept; `custom`: the value."""
    sort_field: str | None = None
    """`sort`: the field, with dots for nested fields; empty sorts by the items themselves."""
    order: Literal["asc", "desc"] = "asc"
    """`sort`: nulls are last in either order."""
    group_by_fields: list[str] | None = Field(default=None, min_length=1, max_length=64)
    """`group_by`: items with equal values in these fields form a group."""
    aggregation_functions: Annotated[dict[str, Aggregation] | None, Fixed()] = Field(
        default=None, min_length=1, max_length=256
    )
    """`aggregate`, `group_by`: aggregates by name."""
    other: Expression | None = None
    """`join`: the second list."""
    key: str | None = None
    """`join`: the field of the first list to match by."""
    other_key: str | None = None
    """`join`: the field of the second list; `key` if not set."""
    how: Literal["inner", "left", "outer"] = "inner"
    """`join`: whether items without a match are kept."""
    depth: int = Field(default=1, ge=1, le=16)
    """`flatten`: how many levels of lists are flattened."""
    index_field: str | None = None
    """`pivot`: its values make the rows."""
    column_field: str | None = None
    """`pivot`: its values make the columns."""
    value_field: str | None = None
    """`pivot`: its values fill the cells."""
    pivot_function: Annotated[Function, Fixed()] = "first"
    """`pivot`: how several values of one cell are combined."""
    dedupe_fields: list[str] = Field(default_factory=list, max_length=64)
    """`dedupe`: the fields to compare; empty compares whole items."""
    field: str | None = None
    """`split_out`: the field with the list to split into items."""
    include_rest: bool = False
    """`split_out`: whether each item keeps the other fields of its source item."""


NEEDS: Mapping[str, tuple[str, ...]] = {
    "map": ("field_mapping",),
    "filter": ("expression",),
    "aggregate": ("aggregation_functions",),
    "sort": ("sort_field",),
    "group_by": ("group_by_fields",),
    "join": ("other", "key"),
    "flatten": (),
    "pivot": ("index_field", "column_field", "value_field"),
    "dedupe": (),
    "split_out": ("field",),
    "custom": ("expression",),
}
"""The fields that each operation requires."""


def _check(config: Config) -> Iterator[Problem]:
    operation = config.get("operation", "map")
    for name in NEEDS.get(operation, ()) if isinstance(operation, str) else ():
        if config.get(name) is None:
            message = f"`{operation}` needs `{name}`."
            yield Problem(name, "missing", message, f"Add `{name}`.")
    functions = config.get("aggregation_functions")
    for name, each in functions.items() if isinstance(functions, dict) else ():
        if isinstance(each, dict) and each.get("function") != "count" and each.get("field") is None:
            message = f"The aggregate {quoted(name)} needs a field."
            yield Problem("field", "missing", message, "Add `field`.").under(
                "aggregation_functions", name
            )


def _list_worked_on(config: Config) -> Config:
    if config.get("over") is None and config["operation"] not in ("map", "custom"):
        return {"over": DEFAULT_LIST}
    return {}


DATA_TRANSFORMATION = NodeSpec(
    "ACTION",
    "DATA_TRANSFORMATION",
    "Maps, filters, sorts, groups, joins and reshapes data.",
    DataTransformation,
    check=_check,
    derived=_list_worked_on,
    puts_out="result: map: the object, with `over` {data}; custom: the value; else {data}",
    example={"operation": "map", "field_mapping": {"total": "input.price * input.count"}},
)
