"""Tasks that tests run in children."""

from __future__ import annotations

import os
import time

from treadle import task


@task(lane="process")
def child_pid() -> int:
    return os.getpid()


@task(lane="process")
def child_prints(text: str) -> int:
    print(text)  # noqa: T201 - what this task is for
    return len(text)


@task(lane="process")
def child_exits() -> None:
    os._exit(9)


@task(lane="process")
def child_sleeps() -> None:
    time.sleep(60)
