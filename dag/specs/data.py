"""ACTION.DATA_TRANSFORMATION: the shapes data is brought into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field

from treadle.dag.fields import PER_ITEM, Bare, Expression, Fixed
from treadle.dag.model import Strict
from treadle.dag.problems import Problem
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Config, NodeSpec

Operation = Literal[
    "map", "filter", "aggregate", "sort", "group_by", "join",
    "flatten", "pivot", "dedupe", "split_out", "custom",
]  # fmt: skip
Function = Literal["count", "sum", "avg", "min", "max", "first", "last", "list", "count_distinct"]

#: What a list operation works on when it is not told: where lists stand in Treadle's outputs.
DEFAULT_LIST = "input.data"


class Aggregation(Strict):
    """One figure over the items of a list or group."""

    function: Function
    field: str | None = None
    """The field it is over, dots lead into objects; not needed by `count`."""


def _over_items(config: Config) -> bool:
    return config.get("over") is not None


def _is_filter(config: Config) -> bool:
    return config.get("operation") == "filter"


class DataTransformation(Configuration):
    """Each operation reads the fields that `NEEDS` and the field's own line name."""

    operation: Annotated[Operation, Fixed()] = "map"
    """What is done; the fields below say for which it counts."""
    over: Expression | None = None
    """The list worked on. Default: `input.data`; `map` and `custom` then work on the input."""
    field_mapping: dict[str, Annotated[str, Bare(PER_ITEM, when=_over_items)]] | None = None
    """`map`: each key's expression; with `over`, once for each `item`."""
    expression: Annotated[str | None, Bare(PER_ITEM, when=_is_filter)] = None
    """`filter`: whether an `item` stays; `custom`: the value."""
    sort_field: str | None = None
    """`sort`: dots lead into objects; empty sorts by the items themselves."""
    order: Literal["asc", "desc"] = "asc"
    """`sort`: nulls stand last in either."""
    group_by_fields: list[str] | None = Field(default=None, min_length=1, max_length=64)
    """`group_by`: items whose fields are equal make a group."""
    aggregation_functions: Annotated[dict[str, Aggregation] | None, Fixed()] = Field(
        default=None, min_length=1, max_length=256
    )
    """`aggregate`, `group_by`: figures by name."""
    other: Expression | None = None
    """`join`: the second list."""
    key: str | None = None
    """`join`: the field of the first list that items meet by."""
    other_key: str | None = None
    """`join`: the field of the second list; the same as `key` if not given."""
    how: Literal["inner", "left", "outer"] = "inner"
    """`join`: whether items that meet no other stay."""
    depth: int = Field(default=1, ge=1, le=16)
    """`flatten`: how many levels of lists are opened."""
    index_field: str | None = None
    """`pivot`: its values make the rows."""
    column_field: str | None = None
    """`pivot`: its values make the columns."""
    value_field: str | None = None
    """`pivot`: its values fill the cells."""
    pivot_function: Annotated[Function, Fixed()] = "first"
    """`pivot`: what several values of one cell come to."""
    dedupe_fields: list[str] = Field(default_factory=list, max_length=64)
    """`dedupe`: items whose fields are equal are the same; none: whole items."""
    field: str | None = None
    """`split_out`: the field whose list is opened, an item each."""
    include_rest: bool = False
    """`split_out`: whether each item keeps the other fields of the one it came from."""


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
"""The fields each operation cannot do without."""


def _check(config: Config) -> Iterator[Problem]:
    operation = config.get("operation", "map")
    for name in NEEDS.get(operation, ()) if isinstance(operation, str) else ():
        if config.get(name) is None:
            message = f"`{operation}` needs `{name}`."
            yield Problem(name, "missing", message, f"Add `{name}`.")
    functions = config.get("aggregation_functions")
    for name, each in functions.items() if isinstance(functions, dict) else ():
        if isinstance(each, dict) and each.get("function") != "count" and each.get("field") is None:
            message = f"The figure {name!r} needs the field it is over."
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
