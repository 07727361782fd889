"""docs/modules.md from the modules' own first sentences: `python docs/modules.py`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = (
    "treadle",
    "gateway",
    "planner",
    "hil",
    "transport",
    "scheduler",
    "workers",
    "ledger",
    "wire",
    "importing",
    "dag",
    "monitoring",
    "core",
)
PAGE = ROOT / "docs" / "modules.md"

_HEAD = """# Modules

Written by `python docs/modules.py` from the first sentence of each module; edit those. What belongs
together, who decides what and what can fail is in the essay of each package, its `__init__.py`."""


def markdown() -> str:
    """Return the page."""
    lines = [_HEAD]
    for package in PACKAGES:
        for folder in sorted({path.parent for path in modules(package)}):
            lines += ["", f"## {folder.relative_to(ROOT)}/", "", _first_sentence(folder), ""]
            lines += _table(folder)
    return "\n".join(lines).rstrip() + "\n"


def modules(package: str) -> Iterator[Path]:
    """Yield the files of a package and of all packages in it."""
    return (path for path in (ROOT / package).rglob("*.py") if "__pycache__" not in path.parts)


def _table(folder: Path) -> Iterator[str]:
    files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    if files:
        yield "| module | |"
        yield "|---|---|"
    for file in files:
        yield f"| `{file.name}` | {_first_sentence(file)} |"


def _first_sentence(path: Path) -> str:
    """Return what a module, or a package's essay, says first."""
    file = path / "__init__.py" if path.is_dir() else path
    said = ast.get_docstring(ast.parse(file.read_text("utf-8"))) or ""
    return " ".join(said.partition("\n\n")[0].split()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
