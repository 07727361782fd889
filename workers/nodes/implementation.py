"""Which function carries out which node type: each module of a family says it of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from treadle.core.discovery import import_modules
from treadle.dag.outcomes import Outcome
from treadle.dag.specs import NodeSpec
from treadle.workers.nodes.attempt import Attempt

if TYPE_CHECKING:  # a process that runs one family does not load what others need
    from treadle.core.dialer import Dialer
    from treadle.core.settings import Settings

Implementation: TypeAlias = Callable[[Attempt], Outcome | Awaitable[Outcome]]
"""Carries out an attempt; awaitable in the async lane. A `TreadleError` it raises is the
attempt's own failure."""


@dataclass(frozen=True, slots=True)
class Services:
    """What a process gives to implementations that need more than an attempt."""

    dialer: Dialer
    """The way out to addresses that an author chose."""
    settings: Settings


Factory: TypeAlias = Callable[[Services], Implementation]
"""Makes an implementation, once a process: of several node types, if it is marked with them."""

_Implementation = TypeVar("_Implementation", bound=Implementation)
_Factory = TypeVar("_Factory", bound=Factory)

_FACTORIES: dict[NodeSpec, Factory] = {}
#: Where each was registered: another process that imports this module has it too.
_MODULES: dict[NodeSpec, str] = {}


def implements(*specs: NodeSpec) -> Callable[[_Implementation], _Implementation]:
    """Mark the function that carries out attempts of these node types."""

    def register(function: _Implementation) -> _Implementation:
        _register(specs, lambda _: function, function.__module__)
        return function

    return register


def makes(*specs: NodeSpec) -> Callable[[_Factory], _Factory]:
    """Mark the function that makes the implementation of these node types out of `Services`."""

    def register(factory: _Factory) -> _Factory:
        _register(specs, factory, factory.__module__)
        return factory

    return register


def _register(specs: Iterable[NodeSpec], factory: Factory, module: str) -> None:
    for spec in specs:
        _FACTORIES[spec], _MODULES[spec] = factory, module


def module_of(spec: NodeSpec) -> str:
    """Return the module whose import registers the implementation of a node type."""
    return _MODULES[spec]


def implementations(services: Services) -> Mapping[NodeSpec, Implementation]:
    """Return what this process runs, by node type.

    TRIGGER.MANUAL is not among them: its output is the submitted input, and the submission
    settles it.
    """
    _load_families()
    made = {each: each(services) for each in dict.fromkeys(_FACTORIES.values())}
    return {spec: made[factory] for spec, factory in _FACTORIES.items()}


@cache
def _load_families() -> None:
    """Import the modules of every family, one folder each; what they need is theirs to load."""
    for family in import_modules(__package__):
        if hasattr(family, "__path__"):  # a folder
            import_modules(family.__name__)
