"""The essays of packages: what they list in themselves is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = sorted(each.name for each in (ROOT / "treadle").iterdir() if each.is_symlink())
#: A line of a list: names of modules or folders, and what each is. Calls have a dot or a blank.
ENTRY = re.compile(r"    ([a-z_]+/?(?:, [a-z_]+/?)*) {2,}\S")
#: The head of a table.
HEADS = {"call"}


def listed() -> Iterator[tuple[str, str]]:
    """Yield what each essay lists, with the folder of its package."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("__init__.py")):
            essay = ast.get_docstring(ast.parse(path.read_text())) or ""
            for line in essay.splitlines():
                entry = ENTRY.match(line)
                for name in entry[1].split(", ") if entry else ():
                    yield str(path.parent.relative_to(ROOT)), name.rstrip("/")


def test_what_an_essay_lists_is_there() -> None:
    """As a module or a folder of its package."""
    found = [(folder, name) for folder, name in listed() if name not in HEADS]

    assert len(found) > 100
    assert [
        (folder, name)
        for folder, name in found
        if not (ROOT / folder / name).is_dir() and not (ROOT / folder / f"{name}.py").is_file()
    ] == []
