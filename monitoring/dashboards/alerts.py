"""Alerts, for the panels that show what they look at: thresholds and runbooks, from the rules.

The rules are those of `deploy/prometheus/alerts.yml`. A threshold stands there and nowhere else,
so that a panel and its alert never differ.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

RULES = Path(__file__).resolve().parents[2] / "deploy" / "prometheus" / "alerts.yml"
#: What the last comparison of a rule compares with.
_COMPARED = re.compile(r"([<>]|==)\s*([0-9.]+)\s*$")


class Alert(NamedTuple):
    """What a panel shows of an alert."""

    name: str
    #: The query that the rule compares with its threshold.
    measured: str
    #: Which side is bad, and from which value on; none where the rule is no comparison with a
    #: number, or where anything but zero is bad.
    is_bad_above: bool
    threshold: float | None
    #: The section of its runbook, below the folder of the documentation.
    runbook: str


def alert(name: str) -> Alert:
    """Return an alert by its name."""
    rule = _rules()[name]
    expression = rule["expr"]
    measured = _COMPARED.sub("", expression).strip()
    compared = _COMPARED.search(expression)
    sign, number = compared.groups() if compared else (">", "0")
    runbook = rule["annotations"]["runbook_url"].removeprefix("docs/")
    return Alert(name, measured, sign == ">", float(number) or None, runbook)


def measured(name: str) -> str:
    """Return the query that an alert compares with its threshold, for a panel to show."""
    return alert(name).measured


@cache
def _rules() -> dict[str, Any]:
    (group,) = yaml.safe_load(RULES.read_text("utf-8"))["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}
