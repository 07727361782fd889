"""Which routes there are: every router that a module of this package defines."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

from treadle.gateway import routes
from treadle.gateway.routing import Routes

#: The order in which the documentation lists modules; those that are not named come after these,
_FIRST = (
    "workflows",
    "executions",
    "nodes",
    "events",
    "interactions",
    "plans",
    "node_types",
    "keys",
)
#: and before these.
_LAST = ("absent", "service")


def routers() -> list[APIRouter]:
    """Return every router, those behind the gate first."""
    return sorted(_defined(), key=lambda router: not isinstance(router, Routes))


def _defined() -> Iterator[APIRouter]:
    names = [each.name for each in iter_modules(routes.__path__)]
    for name in sorted(set(names) - {"registry"}, key=_place):
        found = vars(import_module(f"{routes.__name__}.{name}")).values()
        yield from (each for each in found if isinstance(each, APIRouter))


def _place(name: str) -> tuple[int, str]:
    if name in _LAST:
        return len(_FIRST) + 1 + _LAST.index(name), name
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), name
