"""Tasks that print and log. Imported by name, as users' are."""

# ruff: noqa: T201 - to print is what these tasks are for

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from threading import Thread
from typing import Any

from treadle import context, task

_log = logging.getLogger("talking")


def _say(text: str) -> None:
    print(text)
    print("on the other hand", file=sys.stderr)
    _log.info("an info of %s", text)
    _log.debug("this is too low")
    print("no end", end="")


@task
def talk(text: str = "hello") -> None:
    _say(text)


@task
async def talk_later(text: str = "hello") -> None:
    async def beside() -> None:
        print("beside")

    await asyncio.create_task(beside())
    await asyncio.to_thread(_say, text)


@task(lane="process")
def talk_apart(text: str = "hello") -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_say, text).result()
    if os.fork() == 0:
        print("a copy says")
        os._exit(0)
    os.wait()


@task
def talk_in_threads() -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(print, "nobody's").result()
        pool.submit(copy_context().run, print, "mine").result()


@task
def say(text: str) -> None:
    print(text)


@task
def flood(lines: int) -> None:
    for number in range(lines):
        print(number)


@task(lane="process")
def flood_apart(lines: int) -> None:
    for number in range(lines):
        print(number)


@task(lane="process")
def last_words() -> None:
    print("these are my last words")
    os.kill(os.getpid(), signal.SIGKILL)


@task(max_retries=1)
def fails_once(mark: str) -> None:
    first = not Path(mark).exists()
    Path(mark).touch()
    print("first" if first else "second")
    if first:
        raise ValueError("not yet")


@task
def talk_until(mark: str) -> None:
    print("begun")
    while not Path(mark).exists():
        time.sleep(0.01)
    print("ended")


@task
def log_a_failure() -> None:
    try:
        dict[str, int]()["nothing"]
    except KeyError:
        _log.exception("it failed")


@task(lane="process")
def talk_of(**rest: Any) -> None:
    print(rest)


def _told() -> dict[str, Any]:
    context.logger.info("by the context")
    for done in range(4):
        context.progress(done, 3, "rows")
    return {
        "execution_id": context.execution_id,
        "node_id": context.node_id,
        "scope": context.scope,
        "attempt": context.attempt,
        "key": context.idempotency_key(),
        "remaining": context.remaining.total_seconds(),
        "cancelled": context.cancelled,
    }


@task
def context_in_thread() -> dict[str, Any]:
    return _told()


@task
async def context_on_loop() -> dict[str, Any]:
    return await asyncio.to_thread(_told)


@task(lane="process")
def context_apart() -> dict[str, Any]:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_told).result()


@task
def waits_until_cancelled(mark: str) -> None:
    """Have a thread of its own wait for the end of the attempt, and say so."""

    def wait() -> None:
        while not context.cancelled:
            time.sleep(0.01)
        Path(mark).touch()

    beside = Thread(target=copy_context().run, args=(wait,))
    beside.start()
    while True:
        time.sleep(0.01)
