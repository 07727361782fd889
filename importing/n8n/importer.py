"""A document of n8n's, its settings and what else it says: the workflow that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from treadle.dag.problems import json_path
from treadle.importing.n8n.translation import translate
from treadle.importing.report import Reason, Report
from treadle.importing.secrets import Secrets
from treadle.importing.texts import slug

#: Parts of a document that are left out, with what is in them.
LEFT_OUT = frozenset({"pinData", "staticData", "meta", "shared", "versionMetadata", "triggerCount"})
_RUN = ("staticData", "active")


def is_n8n(raw: Mapping[str, Any]) -> bool:
    """Whether a document has the shape of n8n's: named nodes, and connections by their names."""
    nodes, connections = raw.get("nodes"), raw.get("connections", {})
    return (
        isinstance(nodes, list)
        and isinstance(connections, dict)
        and any(
            isinstance(each, dict) and "." in str(each.get("type")) and "name" in each
            for each in nodes
        )
    )


def import_n8n(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the workflow that a document becomes; `report` tells what became of it."""
    clean = Secrets(report).take_out(raw, LEFT_OUT)
    _tell_of_the_document(clean, report)
    building = translate(clean, report)
    name = str(clean.get("name") or "Imported from n8n")
    return building.finish(_metadata(clean, name))


def _metadata(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"id": slug(name, "imported", most=100), "name": name[:200]}
    if isinstance(raw.get("description"), str) and raw["description"]:
        metadata["description"] = raw["description"]
    tags = raw.get("tags")
    names = [each.get("name") if isinstance(each, dict) else each
             for each in (tags if isinstance(tags, list) else ())]  # fmt: skip
    kept = [each for each in names if isinstance(each, str)]
    return {**metadata, "tags": kept} if kept else metadata


def _tell_of_the_document(raw: Mapping[str, Any], report: Report) -> None:
    settings = raw.get("settings")
    settings = settings if isinstance(settings, dict) else {}
    pinned = raw.get("pinData")
    for name in pinned if isinstance(pinned, dict) else ():
        report.add(json_path(("pinData", name)), Reason.PINNED_DATA, "Pinned data stays in n8n.")
    if settings.get("timezone"):
        report.add(
            "settings.timezone", Reason.TIMEZONE, "Dates are in UTC; convert what you pass in."
        )
    if settings.get("errorWorkflow"):
        report.add(
            "settings.errorWorkflow",
            Reason.ERROR_WORKFLOW,
            "No workflow is started when this one fails; look for executions that end as ERROR.",
        )
    if settings.get("executionTimeout") not in (None, -1):
        report.add(
            "settings.executionTimeout",
            Reason.SETTING_LOST,
            "A deadline is set when it is submitted: `treadle submit --deadline`.",
        )
    for name in _RUN:
        if raw.get(name):
            report.add(name, Reason.METADATA_LOST, "What n8n keeps between runs is not taken over.")
