"""Signals become an orderly stop: the first asks for it, a second one ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType


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
