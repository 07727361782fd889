"""Process reports: what each process says of itself, every few seconds, in Redis.

A report says what the process is, where it runs, which release it is of, and whether it can do its
work. It is there for people who ask whether all is up; nothing depends on it. A report that is not
renewed is gone after a while. Redis is not trusted: what is no report is dropped.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import partial
from importlib.metadata import version
from threading import Event, Thread
from typing import Any

import orjson
import redis

from treadle.core.ids import new_id
from treadle.core.vital import Vital
from treadle.monitoring.health import NotReady, Readiness
from treadle.transport.metrics_relay import relay_death
from treadle.transport.redis_keys import PROCESS_KEYS, drop_unreadable

#: Seconds between two reports of a process, and for which one is kept.
PERIOD_SECONDS = 8.0
_LIFETIME_SECONDS = 30
#: Seconds to the next report of one that is not ready: it may just be starting.
_NOT_READY_SECONDS = 1.0
#: Seconds that the end of a process waits for a report under way.
_END_SECONDS = 1.0
#: Reports that are read at most, and bytes of one.
_MOST_REPORTS = 1_000
_MOST_BYTES = 16 * 1024
#: Reasons of a process that is not ready because it was asked to stop.
_STOPPING = frozenset({"process_stopping", "worker_draining"})


@unique
class Role(StrEnum):
    """What a process is."""

    WORKER = "worker"
    PLANNER = "planner"
    SCHEDULER = "scheduler"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Failing:
    """A dependency that a process says it lacks."""

    name: str
    reason: str
    message: str
    solution: str


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """What a process said of itself."""

    role: Role
    place: str
    """`host/pid`."""
    version: str
    is_ready: bool
    is_stopping: bool
    failing: tuple[Failing, ...]
    """What it lacks: not ready for it, or able to do without."""
    ahead_seconds: float
    """By how much the clock of its host was before Redis's."""
    age_seconds: float


@contextmanager
def reporting(
    client: redis.Redis, role: Role, readiness: Readiness, vital: Vital
) -> Iterator[None]:
    """Report on this process while the `with` block runs, and no longer."""
    reporter = Reporter(client, role, readiness, vital)
    reporter.start()
    try:
        yield
    finally:
        reporter.stop()


class Reporter:
    """Reports on this process, in a thread of its own."""

    def __init__(
        self,
        client: redis.Redis,
        role: Role,
        readiness: Readiness,
        vital: Vital,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Prepare; `clock` tells the seconds of the epoch on this host.

        The death of a part that `vital` watches is handed over to be counted.
        """
        vital.on_death(partial(relay_death, client, role.value))
        self._client = client
        self._readiness = readiness
        self._clock = clock
        self._key = f"{PROCESS_KEYS}{new_id()}"
        self._constant = {
            "role": role.value,
            "place": f"{socket.gethostname()}/{os.getpid()}",
            "version": version("treadle"),
        }
        self._is_said = False
        """Whether the last report has reached Redis."""
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="process reports", daemon=True)

    def start(self) -> None:
        """Begin to report."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more, and take the last report away."""
        self._stopping.set()
        self._thread.join(_END_SECONDS)
        if self._is_said:  # else Redis is away, and a process that ends does not wait for it
            with suppress(redis.RedisError):
                self._client.delete(self._key)

    def report(self) -> bool:
        """Report once, unless Redis is away; return whether the process is ready."""
        try:
            found, is_ready = self._readiness.check()["dependencies"], True
        except NotReady as error:
            found, is_ready = error.context["dependencies"], False
        failing = [
            {
                "name": name,
                "reason": each["error_code"],
                "message": each["error_message"],
                "solution": each["error_details"]["solution"],
            }
            for name, each in found.items()
            if each != "ok"
        ]
        report = {**self._constant, "is_ready": is_ready, "failing": failing, "at": self._clock()}
        try:
            self._client.set(self._key, orjson.dumps(report), ex=_LIFETIME_SECONDS)
            self._is_said = True
        except redis.RedisError:
            self._is_said = False
        return is_ready

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(PERIOD_SECONDS if self.report() else _NOT_READY_SECONDS)


def reports(client: redis.Redis) -> list[ProcessReport]:
    """Return what processes have said lately, by role and place.

    Raises:
        redis.RedisError
    """
    seconds, microseconds = client.time()
    now = float(seconds) + float(microseconds) / 1e6
    keys = []
    for key in client.scan_iter(match=f"{PROCESS_KEYS}*", count=_MOST_REPORTS):
        keys.append(key)
        if len(keys) == _MOST_REPORTS:
            break
    pipeline = client.pipeline(transaction=False)
    for key in keys:
        pipeline.getrange(key, 0, _MOST_BYTES)
        pipeline.pttl(key)
    answers = pipeline.execute(raise_on_error=False)
    found = [_read(text, left, now) for text, left in zip(answers[::2], answers[1::2], strict=True)]
    return sorted(
        (each for each in found if each is not None), key=lambda each: (each.role, each.place)
    )


def _read(text: Any, left: Any, now: float) -> ProcessReport | None:
    """Return a report; `None` for one that has just gone, or that is none."""
    if not text:
        return None
    try:
        said = orjson.loads(text)
        age = _LIFETIME_SECONDS - int(left) / 1000
        failing = tuple(
            Failing(*(str(each[name]) for name in ("name", "reason", "message", "solution")))
            for each in said["failing"]
        )
        return ProcessReport(
            role=Role(said["role"]),
            place=str(said["place"]),
            version=str(said["version"]),
            is_ready=bool(said["is_ready"]),
            is_stopping=any(each.reason in _STOPPING for each in failing),
            failing=failing,
            ahead_seconds=float(said["at"]) - (now - age),
            age_seconds=age,
        )
    except Exception:  # noqa: BLE001 - the edge: anybody may have written it, in any shape
        drop_unreadable("report")
        return None
