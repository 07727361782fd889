"""The routers: those that the modules of this package define."""

from __future__ import annotations

from types import ModuleType

from fastapi import APIRouter

from treadle.core.discovery import defined_in, import_modules
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
    """Return every router, those whose routes need a key first."""
    modules = sorted(import_modules(__package__, without={"registry"}), key=_place)
    found = defined_in(modules, APIRouter)
    return sorted(found, key=lambda router: not isinstance(router, Routes))


def _place(module: ModuleType) -> tuple[int, str]:
    name = module.__name__.rpartition(".")[2]
    if name in _LAST:
        return len(_FIRST) + 1 + _LAST.index(name), name
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST)), name
