"""The recipes of CONTRIBUTING.md, followed in a copy of the tree."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")

#: What stands at the root besides the packages and is needed to test and to write the pages.
_BESIDE = ("tests", "docs", "deploy", "Makefile", "CONTRIBUTING.md", "pyproject.toml")

#: Runs command lines of Python one after the other, which saves what they all import.
_IN_ONE_PROCESS = """
import runpy, sys
for line in sys.argv[1:]:
    module, *arguments = line.removeprefix("-m ").split()
    sys.argv = [module, *arguments]
    run = runpy.run_module if line.startswith("-m ") else runpy.run_path
    run(module, run_name="__main__")
"""

_SECTION = re.compile(r"^### (.+?)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^```\w+ (\S+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A piece of code that a recipe shows."""

    path: str
    inside: str | None
    """What it stands at the end of; the file if `None`."""
    code: str


def recipes() -> dict[str, list[Block]]:
    """Return the blocks of each recipe, by its heading."""
    return {
        title: [Block(path, inside or None, code) for path, inside, code in _BLOCK.findall(text)]
        for title, text in _SECTION.findall(PAGE)
    }


class Copy:
    """A copy of the tree, in which recipes were followed."""

    def __init__(self, folder: Path, *followed: str) -> None:
        self.folder = folder
        packages = [each.name for each in (ROOT / "treadle").iterdir() if each.is_symlink()]
        for name in ("treadle", *packages, *_BESIDE):
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, folder / name, symlinks=True)
            else:
                shutil.copy2(ROOT / name, folder / name)
        for title in followed:
            for block in recipes()[title]:
                self._put(block)

    def python(self, *arguments: str) -> str:
        """Run Python on the copy; return what it says, whether well or not."""
        done = subprocess.run(
            [sys.executable, *arguments],
            check=False,
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
            timeout=100,
        )
        return done.stdout + done.stderr

    def make_docs(self) -> None:
        """Write every page anew, as `make docs` does."""
        lines = re.findall(r"^\t\$\(BIN\)/python (.+)$", self._rule("docs"), re.MULTILINE)
        assert self.python("-c", _IN_ONE_PROCESS, *lines) == ""

    def failures(self, *tests: str) -> set[str]:
        """Run tests of the copy; return the names of those that fail."""
        said = self.python("-m", "pytest", "-p", "no:randomly", "-p", "no:cacheprovider", *tests)
        assert re.search(r"^\d+ (passed|failed)", said, re.MULTILINE), said
        return set(re.findall(r"^(?:FAILED|ERROR) \S+?::(\w+)", said, re.MULTILINE))

    def _rule(self, target: str) -> str:
        makefile = (self.folder / "Makefile").read_text("utf-8")
        return makefile.partition(f"\n{target}: ")[2].partition("\n\n")[0]

    def _put(self, block: Block) -> None:
        path = self.folder / block.path
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            assert block.inside is None, block
            path.write_text(block.code, "utf-8")
            return
        lines = path.read_text("utf-8").splitlines(keepends=True)
        if block.inside is None:
            lines.append(f"\n\n{block.code}")
        else:
            at, indentation, comma = _end(ast.parse("".join(lines)), block.inside)
            lines[at:at] = indent(block.code.rstrip() + comma + "\n", indentation)
        path.write_text("".join(lines), "utf-8")


_FIELD = (ast.AnnAssign, ast.Assign)


def _end(tree: ast.Module, name: str) -> tuple[int, str, str]:
    """Return the line before which something stands at the end of what has a name.

    That is the fields or members of a class, the list that a function returns, or what is assigned.
    With it comes what stands before its lines, and after it.
    """
    found: Any = next(each for each in tree.body if name in _names(each))
    if isinstance(found, ast.ClassDef):
        at = max(i for i, each in enumerate(found.body) if isinstance(each, _FIELD))
        following = found.body[at + 1 : at + 2]  # the line that explains it, if there is one
        said: Any = [found.body[at], *(n for n in following if isinstance(n, ast.Expr))][-1]
        return said.end_lineno or 0, " " * said.col_offset, ""
    shown: Any = found.body[-1] if isinstance(found, ast.FunctionDef) else found
    shown = shown.value
    last: Any = (shown.keys if isinstance(shown, ast.Dict) else shown.elts)[-1]
    return shown.end_lineno - 1, " " * last.col_offset, ","


def _names(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef):
        yield statement.name
    elif isinstance(statement, ast.AnnAssign | ast.Assign):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        yield from (each.id for each in targets if isinstance(each, ast.Name))
