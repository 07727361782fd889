"""What `make coverage` measured, a line a package.

Run as `python -m tests.support.coverage_by_package`; `coverage report -m` tells it line by line.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from coverage import Coverage
from rich.console import Console
from rich.table import Table

#: What a file's summary counts: reached and all, of lines and of branches.
_REACHED = ("covered_lines", "covered_branches")
_ALL = ("num_statements", "num_branches")


def main() -> None:
    """Read the data of the last run and print a table."""
    measured = Coverage()
    measured.load()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        measured.json_report(outfile=str(report))
        files = json.loads(report.read_text("utf-8"))["files"]
    packages: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path, told in files.items():
        counted = {name: told["summary"][name] for name in (*_REACHED, *_ALL)}
        packages[f"{Path(path).parts[0]}/"].update(counted)
    table = Table("package", "lines", "branches", "reached", box=None)
    for package, sums in sorted(packages.items()):
        table.add_row(package, *_row(sums))
    table.add_row("all", *_row(sum(packages.values(), Counter())))
    Console().print(table)


def _row(sums: Counter[str]) -> list[str]:
    reached = sum(sums[name] for name in _REACHED) / (sum(sums[name] for name in _ALL) or 1)
    return [*(str(sums[name]) for name in _ALL), f"{reached:.1%}"]


if __name__ == "__main__":
    main()
