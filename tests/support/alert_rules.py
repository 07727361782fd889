"""The alert rules, evaluated by promtool on what a cluster served at /metrics."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import time
import urllib.request  # noqa: TID251 - a test asks like Prometheus does
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from tests.support.prometheus import CONFIGS, tool

#: Seconds between two values of a series, as promtool is given it.
_STEP_SECONDS = 15
#: The labels that a scrape configuration adds.
LABELS = {"cluster": "one", "job": "treadle-scheduler", "instance": "a"}

Series = dict[tuple[str, tuple[tuple[str, str], ...]], tuple[str, float]]


@dataclass(frozen=True, slots=True)
class Scrape:
    """A page of metrics, and when it was had."""

    page: str
    labels: dict[str, str] = field(default_factory=lambda: LABELS)
    at: float = field(default_factory=time.monotonic)
    up: int = 1

    @classmethod
    def of(cls, port: int, **labels: str) -> Scrape:
        """Ask a process on this machine; one that does not answer is not up."""
        labels = {**LABELS, **labels}
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:  # noqa: TID251
                return cls(answer.read().decode(), labels)
        except OSError:
            return cls("", labels, up=0)

    def series(self) -> Series:
        """Return kind and value of each series."""
        found: Series = {}
        for family in text_string_to_metric_families(self.page):
            for sample in family.samples:
                if math.isfinite(sample.value):
                    labels = tuple(sorted({**sample.labels, **self.labels}.items()))
                    found[sample.name, labels] = family.type, sample.value
        return found

    def value(self, name: str, **labels: str) -> float:
        """Return the value of the one series of this name that has these labels."""
        wanted = labels.items()
        (value,) = [
            value
            for (known, has), (_, value) in self.series().items()
            if known == name and wanted <= dict(has).items()
        ]
        return value


def fire(
    folder: Path,
    before: Scrape,
    after: Scrape,
    *,
    firing: Collection[str] = (),
    quiet: Collection[str] = (),
    minutes: int = 20,
    once: bool = False,
) -> None:
    """Check which alerts fire once it has gone on for `minutes` as it did between two scrapes.

    Counters go on by what they counted between the two; a gauge of seconds by what it grew in that
    time, in proportion; other gauges stay as they are. With `once` it does not go on: half of the
    time is as it was before, half as it was after.
    """
    steps = minutes * 60 // _STEP_SECONDS
    seen = _stepped(before, after, steps) if once else _continued(before, after, steps)
    series = [*seen, _up(after, steps)]
    check(
        folder,
        [{"interval": f"{_STEP_SECONDS}s", "input_series": series, "promql_expr_test": [
            *(_test(name, minutes, fires=True) for name in firing),
            *(_test(name, minutes, fires=False) for name in quiet),
        ]}],
    )  # fmt: skip


def check(folder: Path, tests: Sequence[dict[str, Any]]) -> None:
    """Run promtool's tests of the rules."""
    shutil.copy(CONFIGS / "alerts.yml", folder)
    document = {
        "rule_files": ["alerts.yml"],
        "evaluation_interval": f"{_STEP_SECONDS}s",
        "tests": tests,
    }
    (folder / "cases.yml").write_text(json.dumps(document))
    done = subprocess.run(
        [tool("promtool"), "test", "rules", str(folder / "cases.yml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _continued(before: Scrape, after: Scrape, steps: int) -> Iterator[dict[str, str]]:
    earlier, seconds = before.series(), after.at - before.at
    for key, (kind, value) in after.series().items():
        first = earlier.get(key, ("", 0.0))[1]
        grown = value - first
        if kind == "gauge":
            is_age = key[0].endswith("_seconds")
            first, grown = value, grown / seconds * _STEP_SECONDS if is_age and grown else 0.0
        yield {"series": _name(*key), "values": f"{first:f}{grown:+f}x{steps}"}


def _stepped(before: Scrape, after: Scrape, steps: int) -> Iterator[dict[str, str]]:
    earlier, half = before.series(), steps // 2
    for key, (_, value) in after.series().items():
        # One that was not there has no value before: Prometheus sees no increase in its first.
        first = f"{earlier[key][1]:f}" if key in earlier else "_"
        yield {"series": _name(*key), "values": f"{first}x{half} {value:f}x{half}"}


def _up(scrape: Scrape, steps: int) -> dict[str, str]:
    return {"series": _name("up", tuple(scrape.labels.items())), "values": f"{scrape.up}x{steps}"}


def _name(name: str, labels: Sequence[tuple[str, str]]) -> str:
    return f"{name}{{{', '.join(f'{key}={json.dumps(value)}' for key, value in labels)}}}"


def _test(name: str, minutes: int, *, fires: bool) -> dict[str, Any]:
    """Return promtool's test that an alert fires at the end, or that it does not."""
    alerts = f'ALERTS{{alertname="{name}", alertstate="firing"}}'
    return {
        "expr": f"count(count by (alertname) ({alerts}))",
        "eval_time": f"{minutes}m",
        "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
    }
