"""The response of `/metrics`: everything that the processes behind one address have counted.

Usually that is one process. Where several share an address (the workers of `treadle up`), each
writes its counts into files of one folder, `PROMETHEUS_MULTIPROC_DIR`, and the process that answers
adds them up. The files of a process that has ended remain, so a restart or a `kill -9` loses no
counts; only gauges of what it had in flight are dropped.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import prometheus_client
from prometheus_client import REGISTRY, CollectorRegistry
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from treadle.core.settings import counts_folder

# The creation time of each series would double the page and is of no use.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

_LIVE_GAUGES = re.compile(r"gauge_live[a-z]*_(\d+)\.db")


class Exposition:
    """The metrics behind one address, in the format that the client prefers."""

    def __init__(self, *collectors: Collector) -> None:
        """`collectors` supply metrics that are looked up at each request."""
        folder = counts_folder()
        self._registry = CollectorRegistry()
        for each in collectors:  # first, because collecting may add facts to count
            self._registry.register(each)
        if folder is None:
            self._registry.register(_ThisProcess())
        else:
            self._registry.register(_Together(folder))
            ProcessCollector(registry=self._registry)

    def page(self, accept: str = "") -> tuple[bytes, str]:
        """Return the metrics, and the content type chosen by an `Accept` header."""
        encode, content_type = choose_encoder(accept)
        return encode(self._registry), content_type


class _ThisProcess(Collector):
    """The metrics of this process."""

    def collect(self) -> list[Metric]:
        return list(REGISTRY.collect())

    def describe(self) -> list[Metric]:
        return []


class _Together(Collector):
    """The metrics of all processes that write into one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: Any = MultiProcessCollector(None, str(folder))  # type: ignore[no-untyped-call]

    def collect(self) -> list[Metric]:
        for path in self._folder.glob("gauge_live*.db"):
            named = _LIVE_GAUGES.fullmatch(path.name)
            if named and not _is_alive(int(named[1])):
                path.unlink(missing_ok=True)
        return list(self._files.collect())

    def describe(self) -> list[Metric]:
        return []


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
