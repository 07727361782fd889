"""Discovery: what the modules of a package define, so that nobody keeps a list of it by hand."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

Kind = TypeVar("Kind")


def import_modules(package: str, *, without: Container[str] = ()) -> list[ModuleType]:
    """Import what is directly in a package, in the order of the names, and return it.

    Args:
        package: its full name; it may be importing this very moment.
        without: names in it that are left alone.
    """
    found = iter_modules(import_module(package).__path__)
    names = [each.name for each in found if each.name not in without]
    return [import_module(f"{package}.{name}") for name in names]


def defined_in(modules: Iterable[ModuleType], kind: type[Kind]) -> Iterator[Kind]:
    """Yield the values of a kind that modules have, module by module."""
    for module in modules:
        yield from (each for each in vars(module).values() if isinstance(each, kind))
