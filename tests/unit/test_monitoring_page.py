"""docs/monitoring.md names every metric with its labels, and every alert."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from treadle.monitoring import metrics

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
ROW = re.compile(r"^\| `(treadle_\w+)` \| ([\w, ]+) \|(.*?)\| .+ \|$", re.MULTILINE)


def test_every_metric_stands_on_the_page_with_its_labels_and_no_other() -> None:
    """Those that a process counts; the cluster's gauges stand beside them."""
    told = {
        name: tuple(re.findall(r"\w+", labels))
        for name, kind, labels in ROW.findall(PAGE)
        if "of the cluster" not in kind
    }

    assert told == {
        each._name + ("_total" if each._type == "counter" else ""): each._labelnames
        for each in vars(metrics).values()
        if hasattr(each, "_labelnames")
    }


def test_every_gauge_of_the_cluster_stands_on_the_page() -> None:
    """By the names that the scheduler gives them."""
    stats = (ROOT / "scheduler" / "cluster_stats.py").read_text()
    told = {name for name, kind, _ in ROW.findall(PAGE) if "of the cluster" in kind}

    assert told == {
        "treadle_" + name.removeprefix("treadle_")
        for name in re.findall(r'"((?:treadle_\w+|(?:questions|outbox)_\w+))"', stats)
    }


def test_every_alert_stands_on_the_page() -> None:
    """In the order of the rules."""
    rules = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0][
        "rules"
    ]

    assert re.findall(r"^\| `(Treadle\w+)`", PAGE, re.MULTILINE) == [
        rule["alert"] for rule in rules
    ]
