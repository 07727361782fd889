"""Where processes serve: the options that say so, and the four ports of a `treadle up`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

import typer

from treadle.monitoring.server import Address, refuse_taken

Port = Annotated[
    int | None,
    typer.Option(
        min=0,
        max=65_535,
        help="Serve /metrics, /health and /health/ready on this port; without it, none.",
    ),
]
Host = Annotated[str, typer.Option(help="The address to serve on; 0.0.0.0 for all of this host's.")]
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Ports:
    """Four ports in a row, and where the processes behind each of them count together."""

    host: str
    base: int
    folder: Path
    """Holds a folder of counts for each role; they begin anew with each `treadle up`."""
    roles: ClassVar[tuple[str, ...]] = ("gateway", "planner", "worker", "scheduler")
    """Who serves, in the order of their ports."""

    def refuse_taken(self) -> None:
        """Check early that somebody listens on one of the four.

        Raises:
            PortTaken
        """
        for role in self.roles:
            refuse_taken(Address(self.host, self.port(role)))

    def count_anew(self) -> None:
        """Make the folders of counts, empty."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for role in self.roles:
            self.counts(role).mkdir(parents=True)

    def counts(self, role: str) -> Path:
        """Return the folder in which the processes of a role count together."""
        return self.folder / role

    def options(self, role: str) -> tuple[str, ...]:
        """Return the arguments that have a process serve on its role's port."""
        return ("--host", self.host, "--port", str(self.port(role)))

    def url(self, role: str) -> str:
        """Return the address by which a role is reached from this host."""
        host = LOOPBACK if self.host == "0.0.0.0" else self.host  # noqa: S104 - compared only
        return f"http://{host}:{self.port(role)}"

    def port(self, role: str) -> int:
        """Return the port on which a role serves."""
        return self.base + self.roles.index(role)
