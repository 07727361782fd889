"""Task modules are imported before anything starts: in a child, so nothing of theirs stays here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from treadle.core.errors import TreadleError
from treadle.workers.task_modules import TasksNotFound
from treadle.workers.tasks import ENTRY_POINTS, TASKS

#: Seconds that imports may take here; workers that take longer are left to say so themselves.
_SECONDS = 60.0
_MOST_BYTES = 64 * 1024


def check_tasks(modules: Sequence[str]) -> None:
    """Import what workers will import, and return if they can.

    Raises:
        TreadleError: what a worker would end with: `tasks_not_found`, `duplicate_task` and others.
    """
    if not modules and not entry_points(group=ENTRY_POINTS):
        return
    read, write = os.pipe()
    try:
        os.set_blocking(read, False)  # what an import has started may hold the other end for long
        command = [sys.executable, "-P", "-m", "treadle.cli.task_check", str(write), *modules]
        code = subprocess.run(  # noqa: S603 - our own module, and names that it checks
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(write,),
            timeout=_SECONDS,
            check=False,
        ).returncode
        said = os.read(read, _MOST_BYTES) if code else b""
    except subprocess.TimeoutExpired:
        return
    except BlockingIOError:
        raise TasksNotFound(
            f"The process that imported {', '.join(modules)} ended with {code}.",
            modules=list(modules),
        ) from None
    finally:
        os.close(read)
        os.close(write)
    if code:
        raise _error_of(json.loads(said))


def _error_of(error: dict[str, str]) -> TreadleError:
    failed: type[TreadleError] = type("TasksFailed", (TasksNotFound,), {"reason": error["reason"]})
    return failed(error["message"], solution=error["solution"])


def _main(descriptor: int, modules: Sequence[str]) -> None:
    sys.path.append(os.getcwd())  # last, as in a worker
    try:
        TASKS.discover(modules)
    except TreadleError as error:
        said = {"reason": error.reason, "message": error.message[:8_000], "solution": error.advice}
        os.write(descriptor, json.dumps(said).encode())
        sys.exit(4)


if __name__ == "__main__":
    _main(int(sys.argv[1]), sys.argv[2:])
