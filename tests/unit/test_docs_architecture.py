"""docs/architecture.md names only what exists, and forgets no package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
#: A path in backticks, and after a colon what is named in that file.
NAMED = re.compile(r"`((?:[\w.]+/)+[\w.]*)(?::([\w.]+))?`")


def names() -> list[tuple[str, str]]:
    """Return every path the page names, with the symbol or query it looks for there."""
    return sorted({(path, symbol) for path, symbol in NAMED.findall(PAGE)})


def defined(tree: ast.Module) -> set[str]:
    """Return what a module defines: functions, classes, constants; methods under their class."""
    found: set[str] = set()
    for node in tree.body:
        names_in = (name for name in ast.walk(node) if isinstance(name, ast.Name))
        found |= {name.id for name in names_in if isinstance(name.ctx, ast.Store)}
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            found |= {f"{node.name}.{each.name}" for each in methods}
    return found


@pytest.mark.parametrize(
    ("path", "symbol"), [pytest.param(*name, id=":".join(name)) for name in names()]
)
def test_what_the_map_names_exists(path: str, symbol: str) -> None:
    """A file or folder is there, and so is the symbol or the query in it."""
    place = ROOT / path

    assert place.exists()
    if symbol and place.suffix == ".sql":
        assert f"-- name: {symbol}\n" in place.read_text("utf-8")
    elif symbol:
        assert symbol in defined(ast.parse(place.read_text("utf-8")))


def test_every_package_has_its_place_on_the_map() -> None:
    """Whoever adds a top-level package says where it stands."""
    assert _packages() <= {path for path, _ in names()}


def test_every_invariant_and_rule_says_where_it_is_kept() -> None:
    """Ten invariants, thirteen rules, each with a place; and a test, or that it is not built."""
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)

    assert [int(number) for number, *_ in rows] == [*range(1, 11), *range(1, 14)]
    for number, _, kept, shown in rows:
        assert "`" in kept or "not built" in kept, number
        assert "`tests/" in shown or "not built" in kept, number


def test_every_module_stands_on_the_page_of_modules_and_no_other() -> None:
    """docs/modules.md is as old as the tree; `python docs/modules.py` writes it anew."""
    page = (ROOT / "docs" / "modules.md").read_text("utf-8")
    listed = {
        f"{folder}{file}"
        for folder, section in re.findall(r"^## (\S+)\n(.*?)(?=^## |\Z)", page, re.M | re.S)
        for file in re.findall(r"^\| `(\w+\.py)` \|", section, re.M)
    }
    there = {
        str(path.relative_to(ROOT))
        for package in _packages()
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"
    }

    assert listed == there, "`make docs` writes it"


def _packages() -> set[str]:
    return {f"{init.parent.name}/" for init in ROOT.glob("*/__init__.py")} - {"bench/"}
