"""Dependencies: what a process sees of the servers and the disk it uses, as gauges.

Each process looks by itself every few seconds, because what one reaches another may not. A probe is
the one of `/health/ready`: it takes a new session, so a PostgreSQL that has none left is down too.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from threading import Event, Thread

import structlog

from treadle.core.errors import TreadleError
from treadle.core.settings import Settings
from treadle.monitoring.health import DatabaseProbe, Probe, RedisProbe
from treadle.monitoring.metrics import DEPENDENCY_UP, DISK_BYTES

#: Seconds between two looks.
_PERIOD_SECONDS = 5.0

_log = structlog.get_logger()


class DependencyWatch:
    """Looks at the dependencies of one process in a thread of its own, until `stop`."""

    def __init__(self, settings: Settings) -> None:
        self._probes: Mapping[str, Probe] = {
            "postgresql": DatabaseProbe(settings.database_url),
            "redis": RedisProbe(settings.redis_url),
        }
        self._folder = settings.data_dir.absolute()
        self._failing: set[str] = set()
        self._stop = Event()
        self._thread = Thread(target=self._run, name="dependencies", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """End; a look under way is not waited for."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            for name, probe in self._probes.items():
                self._look(name, probe)
            self._measure_disk()
            self._stop.wait(_PERIOD_SECONDS)

    def _look(self, name: str, probe: Probe) -> None:
        """Set a dependency's gauge; log it when it is lost, and when it is back."""
        try:
            probe()
        except TreadleError as error:
            DEPENDENCY_UP.labels(name).set(0)
            if name not in self._failing:
                self._failing.add(name)
                _log.warning("dependency.lost", dependency=name, error=error.message)
        except Exception as error:  # noqa: BLE001 - the edge: no defect of a probe ends the watch
            DEPENDENCY_UP.labels(name).set(0)
            _log.error("dependency.lost", dependency=name, exc_info=error)
        else:
            DEPENDENCY_UP.labels(name).set(1)
            if name in self._failing:
                self._failing.remove(name)
                _log.info("dependency.recovered", dependency=name)

    def _measure_disk(self) -> None:
        try:
            usage = shutil.disk_usage(_existing(self._folder))
        except OSError:
            return
        DISK_BYTES.labels("free").set(usage.free)
        DISK_BYTES.labels("total").set(usage.total)


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest one above it that exists."""
    return next(each for each in (folder, *folder.parents) if each.exists())
