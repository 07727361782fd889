"""Tasks that end in ways that are no ordinary exception, in each lane."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from typing import NoReturn

from treadle import task

RAN: Counter[str] = Counter()
"""How often each call ran here, by its task."""


class Panic(BaseException):
    """As extension modules written in Rust raise it: no Exception."""


#: What code can raise that is no `Exception`, by name.
KINDS: dict[str, type[BaseException]] = {
    "panic": Panic,
    "exit": SystemExit,
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "cancelled": asyncio.CancelledError,
}


@task
def raises_in_thread(kind: str) -> None:
    RAN["raises_in_thread"] += 1
    raise KINDS[kind]("odd")


@task
async def raises_in_coroutine(kind: str) -> None:
    RAN["raises_in_coroutine"] += 1
    raise KINDS[kind]("odd")


@task
async def raises_in_part(kind: str) -> None:
    """Raise in a part of a coroutine, of which asyncio lets some out of the loop."""

    async def part() -> NoReturn:
        raise KINDS[kind]("odd")

    RAN["raises_in_part"] += 1
    await asyncio.gather(part(), asyncio.sleep(0.01))


@task(lane="process")
def raises_in_child(kind: str) -> None:
    raise KINDS[kind]("odd")


@task
async def awaits_what_it_cancelled() -> None:
    part = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    part.cancel()
    await part


@task
async def cancels_itself() -> None:
    current = asyncio.current_task()
    assert current is not None
    current.cancel()
    await asyncio.sleep(60)


@task
async def stops_the_loop() -> str:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0.01)
    return "went on"


@task
async def leaves_what_exits() -> str:
    asyncio.get_running_loop().call_soon(sys.exit, 3)
    await asyncio.sleep(0.01)
    return "went on"


@task
def limited_in_a_group() -> None:
    """Be interrupted inside a group, which wraps what interrupts it."""

    async def busy() -> None:
        for _ in range(6_000):
            time.sleep(0.01)

    async def together() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(busy())

    asyncio.run(together())


@task
async def fails_in_group() -> None:
    async def part() -> None:
        raise ValueError("row 17 is bad")

    async with asyncio.TaskGroup() as group:
        group.create_task(part())


@task
def fails_from() -> None:
    try:
        _ = os.environ["CUSTOMER"]
    except KeyError as error:
        failed = RuntimeError("cannot load")
        failed.add_note("while reading page 3")
        raise failed from error
