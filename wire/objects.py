"""What all objects on the wire have in common: how one is made, written and read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from treadle.dag.model import Strict
from treadle.dag.values import Value, dumps

Uuid: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "uuid"})]

P = ParamSpec("P")
Object = TypeVar("Object", bound="WireObject")

_set = object.__setattr__


class WireObject(Strict):
    """Something that goes over the wire.

    Its `__dict__` has the members in the order in which they were given, those that the model does
    not know among them.
    """

    # Who only writes objects needs none of their validators, and a command starts the sooner.
    model_config = ConfigDict(defer_build=True)

    @model_validator(mode="wrap")
    @classmethod
    def _in_order(cls, value: Any, validate: ModelWrapValidatorHandler[WireObject]) -> WireObject:
        made = validate(value)
        if isinstance(value, dict):
            known = {**made.__dict__, **(made.__pydantic_extra__ or {})}
            _set(made, "__dict__", {name: known[name] for name in value} | known)
        return made


def unchecked(kind: Callable[P, Object]) -> Callable[P, Object]:
    """Return what makes objects of a kind from members that are known to be right.

    It takes what the model takes, by name, and checks nothing: the members may not be changed
    afterwards by whoever gave them.
    """
    assert isinstance(kind, type)
    assert issubclass(kind, WireObject)
    fields = set(kind.model_fields)
    is_open = kind.model_config.get("extra") == "allow"
    new = kind.__new__

    def make(*_: P.args, **members: P.kwargs) -> Object:
        given, extra = fields, {} if is_open else None
        if members.keys() != fields:
            given = set(members)
            extra = {name: members[name] for name in given - fields} if is_open else None
            _fill(kind, members, given)
        made = new(kind)
        _set(made, "__dict__", members)
        _set(made, "__pydantic_fields_set__", given)
        _set(made, "__pydantic_extra__", extra)
        _set(made, "__pydantic_private__", None)
        return made  # type: ignore[return-value]

    return make


def _fill(kind: type[WireObject], members: dict[str, Any], given: set[str]) -> None:
    """Add the defaults of members that were not given."""
    for name, field in kind.model_fields.items():
        if name not in given and not field.is_required():
            members[name] = field.get_default(call_default_factory=True)


def members(thing: object) -> dict[str, Any]:
    """Return the members of an object as they are written; what an encoder calls.

    Raises:
        TypeError: it is none.
    """
    if not isinstance(thing, BaseModel):
        raise TypeError(f"{type(thing).__name__} is no object of the wire.")
    known, given = thing.__dict__, thing.__pydantic_fields_set__
    if isinstance(thing, WireObject) and len(given) < len(known):
        return {name: value for name, value in known.items() if name in given}
    return known


def to_json(document: object) -> bytes:
    """Return objects, or values that hold some, as UTF-8 JSON."""
    return dumps(document, members)


def read(kind: type[Object], document: Value) -> Object:
    """Return an object that somebody else wrote; members that its model does not know are kept.

    Raises:
        ValidationError: a member is missing, or not what it may be.
    """
    return kind.model_validate(document, extra="allow")
