"""A document of the reference system: its nodes, connections and metadata."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from treadle.dag.problems import json_path
from treadle.importing.building import Building
from treadle.importing.javascript.tree import Untranslatable
from treadle.importing.reference.conversions import proposed
from treadle.importing.reference.expressions import Texts
from treadle.importing.reference.kinds import ALIASES, translator_of
from treadle.importing.reference.step import Exit, Exits, Step
from treadle.importing.report import Reason, Report
from treadle.importing.secrets import Secrets
from treadle.importing.texts import not_translated, slug

_KEPT = ("description", "icon_url", "version", "parent_workflow")
_RECORDED = (
    "statistics",
    "last_execution_status",
    "last_execution_time",
    "last_execution_id",
    "deployment_status",
    "session_id",
    "created_by",
    "updated_by",
)


@dataclass(frozen=True, slots=True)
class Link:
    """A connection there."""

    index: int
    source: str
    target: str
    port: str
    conversion: str | None


@dataclass(slots=True)
class _Document:
    """The nodes and connections that can be read."""

    nodes: dict[str, tuple[int, Mapping[str, Any]]] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)


def is_reference(raw: Mapping[str, Any]) -> bool:
    """Whether nodes have a type and a subtype."""
    nodes = raw.get("nodes")
    return isinstance(nodes, list) and any(
        isinstance(each, dict) and isinstance(each.get("type"), str) and "subtype" in each
        for each in nodes
    )


def import_reference(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Return the workflow that a document becomes; `report` tells what became of it."""
    clean = Secrets(report).take_out(raw, frozenset())
    building = Building(report)
    document = _read(clean, report)
    ids = {there: building.reserve(slug(there, "node", most=60)) for there in document.nodes}
    reads: dict[str, str] = {}
    exits: dict[str, Exits] = {}
    entries: dict[str, list[str]] = {}
    for there in _in_order(document):
        index, node = document.nodes[there]
        texts = Texts(report, ("nodes", index), dict(reads), _object(node.get("configurations")))
        ports = frozenset(each.port for each in document.links if each.source == there)
        step = Step(index, ids[there], node, _key(node), texts, building, ports)
        exits[there] = translator_of(step.key)(step)
        entries[there] = step.entries
        exit_ = exits[there].get("result")
        if exit_ is not None:
            text = exit_.convert(f"nodes.{exit_.node}")
            reads[there] = reads[step.name] = text if " " not in text else f"({text})"
    for link in document.links:
        _connect(building, link, exits[link.source], entries[link.target])
    _start(building, document, entries)
    return building.finish(_metadata(clean, report))


def _key(node: Mapping[str, Any]) -> str:
    kind = str(node.get("type", "")).upper()
    return f"{ALIASES.get(kind, kind)}.{str(node.get('subtype') or '').upper()}"


def _read(raw: Mapping[str, Any], report: Report) -> _Document:
    document = _Document()
    for index, node in enumerate(raw["nodes"]):
        there = node.get("id") if isinstance(node, dict) else None
        if not isinstance(there, str) or there in document.nodes:
            report.add(json_path(("nodes", index)), Reason.NODE_LOST, "It has no id of its own.")
        else:
            document.nodes[there] = (index, node)
    listed = raw.get("connections")
    for index, each in enumerate(listed if isinstance(listed, list) else ()):
        link = _link(index, each) if isinstance(each, dict) else None
        if link is None or link.source not in document.nodes or link.target not in document.nodes:
            path = json_path(("connections", index))
            report.add(path, Reason.CONNECTION_LOST, "One of its ends is not in the file.")
        else:
            document.links.append(link)
    _leave_out(document, report)
    return document


def _link(index: int, raw: Mapping[str, Any]) -> Link | None:
    source = raw.get("from_node", raw.get("from", raw.get("source")))
    target = raw.get("to_node", raw.get("to", raw.get("target")))
    if not isinstance(source, str) or not isinstance(target, str):
        return None
    conversion = raw.get("conversion_function")
    return Link(
        index,
        source,
        target,
        str(raw.get("output_key") or "result"),
        conversion if isinstance(conversion, str) and conversion.strip() else None,
    )


def _leave_out(document: _Document, report: Report) -> None:
    """Leave out what is attached to a model, and what is disabled, whose input goes on."""
    attached = {
        each
        for _, node in document.nodes.values()
        for each in (node.get("attached_nodes") or ())
        if isinstance(node.get("attached_nodes"), list)
    }
    for there, (index, node) in list(document.nodes.items()):
        path = json_path(("nodes", index))
        if there in attached or (
            _key(node).partition(".")[0] in ("MEMORY", "TOOL")
            and not any(there in (each.source, each.target) for each in document.links)
        ):
            report.add(
                path,
                Reason.SUB_NODE_LOST,
                f"{there!r} ({_key(node)}) is attached to a model,"
                " which is called without tools and memory here.",
            )
        elif _object(node.get("configurations")).get("enabled") is False:
            report.add(
                path,
                Reason.DISABLED_NODE,
                f"{there!r} is disabled and left out; what came to it goes to what follows it.",
            )
            before = [each for each in document.links if each.target == there]
            after = [each for each in document.links if each.source == there]
            document.links += [
                Link(one.index, one.source, other.target, one.port, None)
                for one in before
                for other in after
            ]
        else:
            continue
        del document.nodes[there]
        document.links = [
            each for each in document.links if there not in (each.source, each.target)
        ]


def _in_order(document: _Document) -> list[str]:
    """Return ids so that each comes after those before it; what is in a cycle, as it stands."""
    before: dict[str, set[str]] = defaultdict(set)
    for each in document.links:
        before[each.target].add(each.source)
    left = list(document.nodes)
    found: list[str] = []
    while left:
        ready = [each for each in left if before[each] <= set(found)] or left[:1]
        found += ready
        left = [each for each in left if each not in ready]
    return found


def _connect(building: Building, link: Link, exits: Exits, targets: list[str]) -> None:
    path = json_path(("connections", link.index))
    exit_ = exits.get(link.port)
    if exit_ is None:
        if link.port == "unrelated":
            return
        exit_ = exits["result"] if "result" in exits else next(iter(exits.values()))
        if link.port != "error":
            message = f"There is no port {link.port!r}; it leads from `{exit_.keys[0]}`."
            building.report.add(path, Reason.SETTING_CHANGED, message)
        else:
            exit_ = Exit(exit_.node, ("error",))
    conversion = exit_.convert("output")
    if link.conversion is not None:
        conversion = _converted(building.report, link, path, conversion)
    for target in targets:
        for key in exit_.keys:
            building.connect(exit_.node, key, target, conversion)


def _converted(report: Report, link: Link, path: str, root: str) -> str:
    """Return an expression for a conversion in Python: a proposal, or one that is refused."""
    place = f"{path}.conversion_function"
    source = str(link.conversion)
    try:
        text = proposed(source, root if " " not in root else f"({root})")
    except Untranslatable as untranslatable:
        report.add(
            place,
            Reason.CODE_NOT_RUN,
            f"A conversion in Python does not run: {untranslatable}. `treadle validate` names its"
            " place; write an expression over `output`, or a `@task` between the nodes.",
        )
        return not_translated(source)
    report.add(
        place,
        Reason.CONVERSION_PROPOSED,
        f"A conversion in Python does not run. In its place stands: {text} . Look whether it does"
        " what was meant.",
    )
    return text


def _start(building: Building, document: _Document, entries: Mapping[str, list[str]]) -> None:
    """Have a trigger for what nothing leads to, if there is none."""
    if any(each.document["type"] == "TRIGGER" for each in building.nodes):
        return
    start = building.reserve("start")
    building.add(start, "TRIGGER.MANUAL", {}, name="start", path="")
    building.report.add(
        "", Reason.TRIGGER_ADDED, "Nothing starts this workflow; `start`, a manual trigger, does."
    )
    reached = {each.target for each in document.links}
    for there, found in entries.items():
        for entry in found if there not in reached else ():
            building.connect(start, "result", entry)


def _metadata(raw: Mapping[str, Any], report: Report) -> dict[str, Any]:
    given = _object(raw.get("metadata")) or raw
    name = str(given.get("name") or "Imported workflow")
    identity = str(given.get("id") or "")
    metadata: dict[str, Any] = {
        "id": slug(identity or name, "imported", most=100)
        if "/" in identity or not identity
        else identity[:200],
        "name": name[:200],
    }
    for key in _KEPT:
        if isinstance(given.get(key), str) and given[key]:
            metadata[key] = given[key]
    tags = given.get("tags")
    kept = [each for each in tags if isinstance(each, str)] if isinstance(tags, list) else []
    if kept:
        metadata["tags"] = kept
    recorded = [key for key in _RECORDED if given.get(key)]
    if recorded:
        report.add("metadata", Reason.METADATA_LOST, f"Not taken over: {', '.join(recorded)}.")
    return metadata


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
