"""Tasks that tests call by name, here and in a child. Imported by name, as users' are."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Any

from pydantic import BaseModel, Field

from treadle import NonRetryable, task


class Colour(Enum):
    RED = "red"


class Lead(BaseModel):
    name: str
    score: Annotated[float, Field(ge=0)] = 0


@dataclass
class Scored:
    lead: Lead
    due: date
    tags: set[str]


@task
def add(a: int, b: int = 10) -> int:
    return a + b


@task(name="score", max_retries=1, timeout=timedelta(seconds=5))
def score_lead(lead: Lead, due: date, colour: Colour = Colour.RED) -> Scored:
    return Scored(lead, due, {colour.value})


@task
async def shout(text: str) -> dict[str, str]:
    return {"text": text.upper()}


@task(lane="process")
def heavy(n: int) -> dict[str, int]:
    return {"sum": sum(range(n)), "pid": os.getpid()}


@task
def everything(**rest: Any) -> Any:
    return rest


@task
def returns(what: str) -> Any:
    async def later() -> int:
        return 1

    whats: dict[str, Any] = {
        "object": object(),
        "nan": {"deep": [float("nan")]},
        "infinity": float("inf"),
        "large": 2**63,
        "generator": (each for each in "ab"),
        "function": returns,
        "none": None,
        "tuple": (1, (2,)),
        "keys": {1: "a"},
        "keys that collide": {1: "a", "1": "b"},
        "keys that collide inside": [{"deep": ({True: "a", "true": "b"},)}],
    }
    return whats[what]


@task
def spoils(items: list[int], anything: Any) -> int:
    items.append(1)
    anything["spoiled"] = True
    return len(items)


@task
def fails(how: str) -> None:
    def deep(levels: int) -> None:
        if levels:
            deep(levels - 1)
        raise ValueError("\ud800 odd" if how == "odd" else f"no {how}")

    if how == "for good":
        raise NonRetryable("this account is closed", account=7)
    if how == "exit":
        raise SystemExit(3)
    deep(60 if how == "deep" else 0)


@task
async def fails_later() -> None:
    raise OSError("gone")


@task
def fails_in_a_library() -> None:
    json.loads("{")


@task
def fails_by_a_chain(how: str) -> None:
    try:
        raise KeyError("first")
    except KeyError as error:
        if how == "group":
            raise ExceptionGroup("several", [ValueError("one"), OSError("two")]) from None
        raise ValueError("second") from (error if how == "cause" else None)
