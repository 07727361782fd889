"""A process one of whose threads is killed; prints how it ended, as JSON.

It is a process of its own, because a thread that is killed may hold a lock of the interpreter:
`python -m tests.support.killed_part worker heartbeat`, with the settings in the environment.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

from treadle.core.redis import connect
from treadle.core.settings import Settings
from treadle.core.vital import Vital, VitalPartDied
from treadle.hil.delivery import Delivery
from treadle.hil.sweeper import Sweeper
from treadle.monitoring.health import NotReady, Readiness, readiness
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.transport.process_reports import Role, reporting
from treadle.workers.process import WorkerProcess

_LONGEST_SECONDS = 30.0


class Panic(BaseException):
    """What no edge of ours is made for."""


#: What a thread calls in each of its turns. Thrown in from outside, an error may strike anywhere:
#: also while an event loop closes, or with a lock in hand that others wait for.
_TURNS: dict[str, tuple[type, str]] = {
    "sweeper": (Sweeper, "run_pass"),
    "delivery": (Delivery, "_pass"),
}


def killed(settings: Settings, role: str, name: str) -> dict[str, Any]:
    """Return how a process ended whose thread `name` was killed while it waited for work."""
    environment = {
        **os.environ,
        "TREADLE_DATABASE_URL": settings.database_url,
        "TREADLE_REDIS_URL": settings.redis_url,
        "TREADLE_WORKER_THREADS": "2",
        "TREADLE_HEARTBEAT_SECONDS": "0.2",
        "TREADLE_DRAIN_GRACE_SECONDS": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_part", role, name],
        env=environment, capture_output=True, text=True, timeout=90, check=True,
    )  # fmt: skip
    said: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return said


def main(role: str, name: str) -> None:
    """Run a process until the death of its thread `name` has ended it."""
    settings = Settings.load()
    process = WorkerProcess(settings) if role == "worker" else Scheduler(Connections.to(settings))
    ready, stop = readiness(settings, threads=process.vital.check), Event()
    report = reporting(connect(settings.redis_url), Role(role), ready, process.vital)
    found: dict[str, Any] = {}
    Thread(target=_kill, args=(name, process, ready, found), daemon=True).start()
    try:
        with report:
            process.run_until(stop)
    except VitalPartDied as error:
        found |= {"ended_by": error.context["thread"], "was_stopped": stop.is_set()}
    found["ready_after"] = _threads(ready)
    sys.stdout.write(f"{json.dumps(found)}\n")
    sys.stdout.flush()
    os._exit(0)  # whatever the killed thread holds


def _kill(name: str, process: WorkerProcess | Scheduler, ready: Readiness, found: Any) -> None:
    """Have a thread end by an error: of its next turn, or thrown in until nothing swallows it."""
    vital: Vital = process.vital
    _until(lambda: vital.is_watching and _part(name))
    victim = _part(name)
    assert victim is not None
    found |= {"killed": _name(victim), "ready_before": _threads(ready)}

    if name in _TURNS:
        setattr(*_TURNS[name], _panic)
        _until(lambda: not victim.is_alive())
        return

    def has_died() -> bool:
        ident = ctypes.c_ulong(victim.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Panic))
        if isinstance(process, WorkerProcess) and name == "committer":
            with process._committer._changed:
                process._committer._changed.notify()  # it wakes, and dies of it
        victim.join(0.2)
        return not victim.is_alive()

    _until(has_died)


def _panic(*_: object) -> None:
    raise Panic


def _part(name: str) -> Thread | None:
    return next((each for each in threading.enumerate() if _name(each).startswith(name)), None)


def _name(thread: Thread) -> str:
    kind = type(thread).__name__  # Dramatiq's have no names
    return thread.name if kind in ("Thread", "VitalThread") else kind.strip("_")


def _threads(ready: Readiness) -> Any:
    """Return what readiness says of the threads: `ok`, or the code of an error."""
    try:
        return ready.check()["dependencies"]["threads"]
    except NotReady as error:
        said = error.context["dependencies"]["threads"]
        return said["error_code"] if isinstance(said, dict) else said


def _until(predicate: Callable[[], object]) -> None:
    deadline = time.monotonic() + _LONGEST_SECONDS
    while not predicate():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.01)


if __name__ == "__main__":
    main(*sys.argv[1:])
