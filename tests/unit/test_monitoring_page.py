"""docs/monitoring.md names every metric with its labels, and every alert; panels show them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import yaml

from treadle.monitoring.dashboards.__main__ import pages
from treadle.scheduler.cluster_stats import GAUGES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
ALERTS = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
SCRIPT = runpy.run_path(str(ROOT / "docs" / "monitoring.py"))

#: Metrics that no panel shows and no alert watches, and why that is well.
NOT_SHOWN = {
    "treadle_gateway_live_readers_closed_total": "looked at when readers complain",
    "treadle_message_seconds": "a part of what the panels of nodes show",
    "treadle_planner_plan_seconds": "the requests to models that it consists of are shown",
    "treadle_planner_repairs_total": "looked at when another model is tried",
}


def test_the_table_of_metrics_is_written_from_the_code() -> None:
    """Names, labels and what they are, the cluster's too; `make docs` writes it anew."""
    assert SCRIPT["markdown"]() == PAGE


def test_every_metric_is_shown_or_watched() -> None:
    """By a panel in `monitoring/dashboards/` or an alert; or it stands here why it is not."""
    shown = "".join(pages().values()) + ALERTS
    named = {*SCRIPT["counted"](), *GAUGES}

    for name in named - NOT_SHOWN.keys():
        assert re.search(rf"\b{name}(_bucket|_sum|_count)?\b", shown), f"{name} has no panel"
    assert NOT_SHOWN.keys() <= named


def test_every_alert_stands_on_the_page() -> None:
    """In the order of the rules."""
    rules = yaml.safe_load(ALERTS)["groups"][0]["rules"]

    assert re.findall(r"^\| `(Treadle\w+)`", PAGE, re.MULTILINE) == [
        rule["alert"] for rule in rules
    ]
