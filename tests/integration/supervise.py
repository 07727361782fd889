"""Supervise two shells; a parent for the tests to kill or to stop."""

from __future__ import annotations

import sys
from pathlib import Path

from treadle.core.processes import Command, Service, Supervisor

#: Writes its process id, and in its own time a farewell.
SCRIPT = """
trap 'sleep {drain}; echo {name} drained; exit 0' TERM
echo {name} $$
while :; do sleep 0.05; done
"""


def main() -> None:
    """Run `first`, then `second`, telling each line into the file that the argument names."""
    with Path(sys.argv[1]).open("a") as diary:

        def tell(name: str, line: str) -> None:
            print(f"{name}: {line}", file=diary, flush=True)

        def service(name: str, drain: float) -> Service:
            script = SCRIPT.format(name=name, drain=drain)
            return Service(name, Command(["/bin/sh", "-c", script]), grace_seconds=5)

        Supervisor([[service("first", 0)], [service("second", 0.2)]], tell).serve()


if __name__ == "__main__":
    main()
