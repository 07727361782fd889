"""docs/glossary.md names places that exist, and the names that left do not come back."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GLOSSARY = ROOT / "docs" / "glossary.md"
TERMS, _, LEFT = GLOSSARY.read_text("utf-8").partition("\n## Names that left\n")

PACKAGES = (
    "core", "dag", "gateway", "hil", "ledger", "monitoring", "planner", "scheduler", "transport",
    "treadle/cli", "wire", "workers",
)  # fmt: skip

CODE = re.compile(r"`([^`\n]+)`")
WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def rows(text: str) -> list[tuple[str, ...]]:
    """Return the cells of the table rows of a text, without headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [tuple(cell.strip() for cell in line.strip("|").split(" | ")) for line in lines]
    return [each for each in cells if each[0] not in ("term", "old name", "old word")]


def banned() -> tuple[frozenset[str], frozenset[str]]:
    """Return the names that left, and the words that may not be part of a name or of prose."""
    names, _, words = LEFT.partition("| old word |")
    return (
        frozenset(name for cells in rows(names) for name in CODE.findall(cells[0])),
        frozenset(word for cells in rows(words) for word in CODE.findall(cells[0])),
    )


NAMES_THAT_LEFT, WORDS_THAT_LEFT = banned()


def test_every_place_in_the_glossary_exists() -> None:
    """Each term has a meaning and a path, in alphabetical order."""
    terms = rows(TERMS)

    assert len(terms) > 50
    for term, meaning, where in terms:
        assert meaning, term
        assert CODE.findall(where), term
        assert all((ROOT / path).exists() for path in CODE.findall(where)), (term, where)
    assert [term for term, *_ in terms] == sorted((term for term, *_ in terms), key=str.casefold)


def identifiers(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield each name that a module uses or defines, with its line."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield line, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield line, name
            case ast.ClassDef(name=name):
                yield line, name
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield line, name
            case ast.alias(name=name, asname=alias):
                yield from ((line, part) for part in name.split("."))
                if alias:
                    yield line, alias


def has_left(name: str) -> bool:
    """Return whether a name left, or contains a word that did; leading underscores are ignored."""
    plain = name.strip("_")
    if plain.isupper():
        plain = plain.lower()
    words = {word.lower() for word in WORDS.findall(plain)}
    return plain in NAMES_THAT_LEFT or bool(words & WORDS_THAT_LEFT)


def words_that_left(text: str) -> list[str]:
    """Return the words of a prose that left; what stands in backticks is no prose."""
    found = re.findall(r"[a-z]+", CODE.sub("", text).lower())
    return [word for word in found if word.removesuffix("s") in WORDS_THAT_LEFT]


@pytest.mark.parametrize("package", PACKAGES)
def test_names_that_left_do_not_come_back(package: str) -> None:
    """Neither as the name of a module nor of anything in it, nor as a word of its docstrings."""
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        place = path.relative_to(ROOT)
        tree = ast.parse(path.read_text("utf-8"))
        if path.name in NAMES_THAT_LEFT or has_left(path.stem):
            found.append(f"{place}: the module's name")
        found += [f"{place}:{line}: {name}" for line, name in identifiers(tree) if has_left(name)]
        found += [
            f"{place}:{node.lineno}: {word} (docstring)"
            for node in ast.walk(tree)
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for word in words_that_left(node.value.value)
        ]

    assert found == []


def test_words_that_left_are_on_no_page() -> None:
    """Pages use the words of the glossary."""
    pages = sorted((ROOT / "docs").rglob("*.md"))

    assert {page.name: words_that_left(page.read_text("utf-8")) for page in pages} == {
        page.name: [] for page in pages
    }


def test_the_check_finds_what_it_is_for() -> None:
    """It would find each kind of name, whatever the list on the page has become."""
    assert {"told", "Ran", "going_over", "dead.py"} <= NAMES_THAT_LEFT
    assert {"belt", "doorbell", "mend"} <= WORDS_THAT_LEFT
    assert all(map(has_left, ("told", "_told", "_TOLD", "Ran", "belt_room", "Doorbells", "_mend")))
    assert not any(map(has_left, ("ran", "string", "recommend", "untold", "dead")))
    assert words_that_left("It mends `belt` by belts.") == ["mends", "belts"]
