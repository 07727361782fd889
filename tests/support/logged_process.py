"""A process of Treadle with servers of the tests, and what it logs: each line one JSON object."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.command_line import TREADLE
from treadle.core.settings import Settings, child_environment

Line = dict[str, Any]


class LoggedProcess:
    """A process whose output goes to a file."""

    def __init__(self, settings: Settings, *arguments: str, **variables: str) -> None:
        self.path: Path = settings.data_dir.parent / f"{arguments[0]}.log"
        environment = child_environment(
            **{
                "TREADLE_DATABASE_URL": settings.database_url,
                "TREADLE_REDIS_URL": settings.redis_url,
                **variables,
            }
        )
        with self.path.open("wb") as log:
            self.process = subprocess.Popen(
                [TREADLE, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.path.parent,
                env=environment,
            )

    @property
    def text(self) -> str:
        """All that it wrote."""
        return self.path.read_text("utf-8")

    def lines(self, event: str | None = None) -> list[Line]:
        """Return the lines that it wrote, or those of one event; each must be a JSON object."""
        found: list[Line] = [json.loads(each) for each in self.text.splitlines()]
        assert all(isinstance(each, dict) and "event" in each for each in found), self.text
        return [each for each in found if event in (None, each["event"])]

    def stop(self) -> int:
        """Ask it to end, and return its status."""
        self.process.terminate()
        return self.process.wait(30)


@contextmanager
def logged(settings: Settings, *arguments: str, **variables: str) -> Iterator[LoggedProcess]:
    """Run a process of Treadle while inside."""
    running = LoggedProcess(settings, *arguments, **variables)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(30)
