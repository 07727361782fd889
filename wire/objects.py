"""What all objects on the wire have in common: building, writing and reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ParamSpec, TypeAlias, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, model_validator

from treadle.dag.model import Described
from treadle.dag.values import Value, dumps

Uuid: TypeAlias = Annotated[str, Field(json_schema_extra={"format": "uuid"})]

P = ParamSpec("P")
Object = TypeVar("Object", bound="WireObject")

# The attributes of a model, set directly: pydantic's own `__init__` would validate.
_set_members = BaseModel.__dict__["__dict__"].__set__
_set_given = BaseModel.__dict__["__pydantic_fields_set__"].__set__
_set_extra = BaseModel.__dict__["__pydantic_extra__"].__set__
_set_private = BaseModel.__dict__["__pydantic_private__"].__set__


class WireObject(Described):
    """An object of the API.

    Its `__dict__` has the members in the order in which they were given, including those that the
    model does not know.
    """

    # Validators are built at first use: a command that only writes objects starts faster.
    model_config = ConfigDict(defer_build=True)

    @model_validator(mode="wrap")
    @classmethod
    def _in_order(cls, value: Any, validate: ModelWrapValidatorHandler[WireObject]) -> WireObject:
        built = validate(value)
        if isinstance(value, dict):
            known = {**built.__dict__, **(built.__pydantic_extra__ or {})}
            _set_members(built, {name: known[name] for name in value} | known)
        return built


def unchecked(kind: Callable[P, Object]) -> Callable[P, Object]:
    """Return a function that builds objects of a kind from valid members, without validation.

    The function takes the members of the model as keyword arguments.
    """
    adopt = adopting(cast(type[Object], kind))

    def make(*_: P.args, **members: P.kwargs) -> Object:
        return adopt(members)

    return make


def adopting(kind: type[Object]) -> Callable[[dict[str, Any]], Object]:
    """Return a function that builds an object of a kind from a `dict` of its valid members.

    As `unchecked`, but the `dict` becomes the state of the object: the caller must not use it
    afterwards.
    """
    fields = set(kind.model_fields)
    size, new = len(fields), object.__new__
    is_open = kind.model_config.get("extra") == "allow"
    nothing: dict[str, Any] | None = {} if is_open else None

    def make(members: dict[str, Any]) -> Object:
        given, extra = fields, nothing  # shared, because objects never change
        if len(members) != size:
            given = set(members)
            extra = {name: members[name] for name in given - fields} if is_open else None
            _fill(kind, members, given)
        built = new(kind)
        _set_members(built, members)
        _set_given(built, given)
        _set_extra(built, extra)
        _set_private(built, None)
        return built

    return make


def _fill(kind: type[WireObject], members: dict[str, Any], given: set[str]) -> None:
    """Add the defaults of members that were not given."""
    for name, field in kind.model_fields.items():
        if name not in given and not field.is_required():
            members[name] = field.get_default(call_default_factory=True)


def members(thing: Any) -> dict[str, Any]:
    """Return the members of an object as they are written; called by the JSON encoder.

    Raises:
        TypeError: it is not an object of the wire.
    """
    try:
        known, given = thing.__dict__, thing.__pydantic_fields_set__
    except AttributeError:
        raise TypeError(f"{type(thing).__name__} is no object of the wire.") from None
    if len(given) == len(known):
        return known  # type: ignore[no-any-return]
    if isinstance(thing, WireObject):
        return {name: value for name, value in known.items() if name in given}
    return {**known, **(thing.__pydantic_extra__ or {})}  # a part that `dag` defines


def to_json(document: object) -> bytes:
    """Return objects, or values that hold some, as UTF-8 JSON."""
    return dumps(document, members)


def read(kind: type[Object], document: Value) -> Object:
    """Return an object that was written elsewhere; members that its model does not know are kept.

    Raises:
        ValidationError: a member is missing or invalid.
    """
    return kind.model_validate(document, extra="allow")
