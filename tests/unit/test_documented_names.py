"""Names in the pages: settings and routes that a page speaks of are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from treadle.core.settings import ALIASES, PREFIX, Settings
from treadle.gateway.routes.registry import routers

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "compose.yaml",
    ROOT / ".env.example",
]
VARIABLES = {
    name
    for setting in Settings.model_fields
    for name in ALIASES.get(setting, (PREFIX + setting.upper(),))
}
#: A path with the method before it, if the page has one; what follows a name is its query.
CALL = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE)\s+`?)?(/v1/[\w{}$/-]+)")


def pattern_of(path: str) -> str:
    """Return a path of the API or of a page with its parameters alike."""
    return re.sub(r"\{[^}]*\}|\$\w+", "{}", path).rstrip("/")


def routes() -> set[tuple[str, str]]:
    """Return the method and path of every route."""
    return {
        (method, pattern_of(route.path))
        for router in routers()
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_variable_of_a_page_is_a_setting_or_a_secret(page: Path) -> None:
    """As the code reads them."""
    named = set(re.findall(r"\bTREADLE_[A-Z][A-Z_]*", page.read_text()))

    unknown = {each for each in named if not each.startswith(f"{PREFIX}SECRET_")} - VARIABLES
    assert unknown == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_of_a_page_is_a_route(page: Path) -> None:
    """By its method, where the page says one."""
    known = routes()
    paths = {path for _, path in known}

    for method, written in CALL.findall(page.read_text()):
        path = pattern_of(written)
        if path == "/v1/{}":
            continue  # a helper of a page, for any path
        assert path in paths, written
        assert not method or (method, path) in known, f"{method} {written}"
