"""The table of metrics in docs/monitoring.md, from the code: `python docs/monitoring.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from treadle.monitoring import metrics
from treadle.scheduler.cluster_stats import GAUGES

PAGE = Path(__file__).with_name("monitoring.md")

_TABLE = re.compile(r"^\| name \| kind \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def markdown() -> str:
    """Return the page with its table written anew."""
    return _TABLE.sub(lambda _: "\n".join(_rows()), PAGE.read_text("utf-8"))


def counted() -> dict[str, Any]:
    """Return the metrics that processes count, by the names under which Prometheus has them."""
    found = [each for each in vars(metrics).values() if hasattr(each, "_labelnames")]
    return {each._name + ("_total" if each._type == "counter" else ""): each for each in found}


def _rows() -> Iterator[str]:
    yield "| name | kind | labels | what it is |"
    yield "|---|---|---|---|"
    for name, each in counted().items():
        yield _row(name, each._type, each._labelnames, each._documentation)
    for name, gauge in GAUGES.items():
        yield _row(name, "gauge, of the cluster", gauge.labels, gauge.description)


def _row(name: str, kind: str, labels: tuple[str, ...], description: str) -> str:
    listed = ", ".join(f"`{each}`" for each in labels)
    return f"| `{name}` | {kind} | {listed} | {description.rstrip('.')} |"


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
