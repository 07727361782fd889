"""Signals become an orderly stop: the first asks for it, a second one ends the process at once.

A stop that does not come to its end, because what it waits for never comes, ends with its grace.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType

import structlog

#: Seconds that a process has, beyond what its attempts or requests have, to hand over and close.
HAND_OVER_SECONDS = 10.0

_log = structlog.get_logger()


def stop_on_signal() -> threading.Event:
    """Return an event that SIGTERM or SIGINT sets; a second signal exits with 128 + its number.

    Must be called in the main thread.
    """
    stop = threading.Event()
    asked = False

    def on_signal(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)
        asked = True
        # Not here: the handler may have interrupted the main thread inside the event's own lock.
        threading.Thread(target=stop.set, name="stopping").start()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_signal)
    return stop


def end_in_time(stop: threading.Event, grace_seconds: float) -> None:
    """End the process at the end of its grace and the time to hand over, once `stop` is set.

    A thread may wait for a ledger that does not come back. Nothing is lost by ending it: leases
    end by themselves, and their nodes run elsewhere.
    """

    def run() -> None:
        stop.wait()
        time.sleep(grace_seconds + HAND_OVER_SECONDS)
        _log.warning("process.left", seconds=grace_seconds + HAND_OVER_SECONDS)
        sys.stderr.flush()
        os._exit(1)

    threading.Thread(target=run, name="end-in-time", daemon=True).start()
