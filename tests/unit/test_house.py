"""The house rules that no linter knows: sizes, no forwarding modules, no circles of modules.

They hold for the product, the benchmarks, the examples and what makes the docs; a test may be as
long as its story.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TypeAlias

import grimp
import networkx as nx
import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = sorted(f"{init.parent.name}" for init in ROOT.glob("*/__init__.py"))
FOLDERS = [*PRODUCT, "docs", "examples"]
#: Lines of a module, all told. A longer one has a line in its docstring that begins like this.
MODULE_LINES, REASON = 300, "Long because "
#: Lines from a function's first statement to the end of its last; its docstring is not one.
FUNCTION_LINES = 40
#: What is still too long, as `file` or `file:function`, and is to be parted. Nothing is added here.
TOO_LONG: set[str] = set()
#: These say what a package offers, or start it.
_DOORS = {"__init__.py", "__main__.py"}

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def modules() -> list[tuple[str, str, ast.Module]]:
    """Return every module: its path in the repository, its text, and the text parsed."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    texts = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in paths}
    return [(path, text, ast.parse(text)) for path, text in texts.items()]


def long_modules() -> Iterator[str]:
    for path, text, tree in modules():
        said = (ast.get_docstring(tree) or "").splitlines()
        excused = any(line.startswith(REASON) for line in said)
        if len(text.splitlines()) > MODULE_LINES and not excused:
            yield path


def long_functions() -> Iterator[str]:
    for path, _, tree in modules():
        for node in ast.walk(tree):
            if isinstance(node, Function) and body_lines(node) > FUNCTION_LINES:
                yield f"{path}:{node.name}"


def body_lines(function: Function) -> int:
    """Return the lines of a function without its head and its docstring."""
    body = function.body[ast.get_docstring(function) is not None :]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def only_forwards(tree: ast.Module) -> bool:
    """Return whether a module only imports names and gives them on, under whatever name."""
    imported, rest = set(), []
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            imported |= {alias.asname or alias.name for alias in statement.names}
        elif not _is_text(statement):
            rest.append(statement)
    return bool(imported) and all(_gives_on(statement, imported) for statement in rest)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _gives_on(statement: ast.stmt, imported: set[str]) -> bool:
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
        return False
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
        return True
    value = statement.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return isinstance(value, ast.Name) and value.id in imported


def test_modules_and_functions_are_short_or_say_why_not() -> None:
    """A module of more than 300 lines has its reason; no function has more than 40.

    What is parted leaves the list of what is too long.
    """
    assert {*long_modules(), *long_functions()} == TOO_LONG


def test_no_module_only_gives_on_what_another_has() -> None:
    """Whoever needs a name imports it from where it is made; packages may say what they offer."""
    forwarding = [
        path for path, _, tree in modules() if Path(path).name not in _DOORS and only_forwards(tree)
    ]

    assert forwarding == []


@pytest.mark.parametrize(
    ("text", "forwards"),
    [
        ('"""Names."""\nfrom a import b\n', True),
        ("import a\nb = a.b\n__all__ = ['b']\n", True),
        ("from a import b\nc: type = b\n", True),
        ("from a import b\nc = b()\n", False),
        ("from a import b\ndef c() -> None: ...\n", False),
        ("LIMIT = 3\n", False),
    ],
)
def test_a_forwarding_module_is_known_by_its_body(text: str, *, forwards: bool) -> None:
    """Only imports, and assignments of what was imported."""
    assert only_forwards(ast.parse(text)) is forwards


def test_no_module_leads_back_to_itself() -> None:
    """Not even by what it imports for its types alone."""
    graph = grimp.build_graph("treadle", cache_dir=None)
    imports: nx.DiGraph[str] = nx.DiGraph(
        (module, imported)
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    )

    assert [each for each in nx.strongly_connected_components(imports) if len(each) > 1] == []
