"""Which system a document is of; and of one that is of none, what it looks like."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from treadle.dag.limits import Limits
from treadle.dag.validation import validate
from treadle.dag.validation.reading import Unreadable, read_value
from treadle.dag.validation.report import Report as Problems
from treadle.importing.n8n.importer import import_n8n, is_n8n
from treadle.importing.reference.importer import import_reference, is_reference
from treadle.importing.report import Entry, Report

#: A file of another system may hold pictures and pinned data, which are left out.
_LIMITS = Limits(definition_bytes=16 * 1024 * 1024, depth=128)
#: Where exports and interfaces put a workflow.
_WRAPPERS = ("workflow", "workflow_data", "workflowData", "data")

Importer: TypeAlias = Callable[[Mapping[str, Any], Report], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Imported:
    """What a document became."""

    system: str
    """The name of the system that it is of."""
    workflow: dict[str, Any]
    report: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Unknown:
    """A document of no system that is known."""

    looks_like: str
    """What it seems to be, as the end of a sentence."""
    solution: str


_SYSTEMS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool], Importer], ...] = (
    ("n8n", is_n8n, import_n8n),
    ("agent_team_monorepo", is_reference, import_reference),
)
_KNOWN = "Export the workflow from n8n as JSON, or save it from the reference system's API."


def import_document(data: bytes) -> Imported | Unknown:
    """Return what a file became, or what it seems to be."""
    try:
        document = read_value(data, "document", _LIMITS, Problems(_LIMITS.problems))
    except Unreadable as unreadable:
        return _no_json(data, unreadable)
    found = list(_workflows(document))
    if len(found) > 1:
        return Unknown(f"{len(found)} workflows in one", "Save one of them as a file of its own.")
    for each in found or [document]:
        if isinstance(each, dict) and validate(each).workflow is not None:
            return Unknown("a workflow of Treadle already", "Submit it: `treadle submit FILE`.")
    for each in found:
        for name, is_one, convert in _SYSTEMS:
            if is_one(each):
                report = Report()
                workflow = convert(each, report)
                return Imported(name, workflow, tuple(report.entries))
    return _looks_like(document)


def _workflows(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every workflow of a known system in a document, bare or wrapped."""
    if isinstance(document, list):
        for each in document:
            yield from _workflows_in(each)
    else:
        yield from _workflows_in(document)


def _workflows_in(document: Any, depth: int = 3) -> Iterator[dict[str, Any]]:
    if not isinstance(document, dict):
        return
    if any(is_one(document) for _, is_one, _ in _SYSTEMS):
        yield document
        return
    for key in _WRAPPERS if depth else ():
        inner = document.get(key)
        for each in inner if isinstance(inner, list) else [inner]:
            yield from _workflows_in(each, depth - 1)


#: Keys by which documents of other kinds are known, with what they are.
_SIGNS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"StartAt", "States"}), "a state machine of AWS Step Functions"),
    (frozenset({"flow", "metadata"}), "a scenario of Make"),
    (frozenset({"zap"}), "a Zap of Zapier"),
    (frozenset({"dag_id"}), "a DAG of Airflow"),
    (frozenset({"tasks", "schemaVersion"}), "a workflow of Conductor"),
    (frozenset({"definition", "kind"}), "a flow of Power Automate"),
    (frozenset({"summary", "value", "schema"}), "a flow of Windmill"),
    (frozenset({"execution_id"}), "a record of an execution"),
    (frozenset({"resultData"}), "a record of an execution of n8n"),
    (frozenset({"openapi"}), "a description of an HTTP interface (OpenAPI)"),
    (frozenset({"dependencies", "version"}), "a package.json"),
)


def _looks_like(document: Any) -> Unknown:  # noqa: PLR0911 - one for each kind
    if isinstance(document, list):
        if any(isinstance(each, dict) and "wires" in each for each in document):
            return Unknown("a flow of Node-RED", _KNOWN)
        return Unknown("a JSON list without workflows", _KNOWN)
    if not isinstance(document, dict):
        return Unknown("a JSON value that is no object", _KNOWN)
    for keys, what in _SIGNS:
        if keys <= document.keys():
            return Unknown(what, _KNOWN)
    if "nodes" in document and ("edges" in document or "viewport" in document):
        return Unknown(
            "a graph of an editor such as Langflow or Dify, with nodes and edges", _KNOWN
        )
    if isinstance(document.get("nodes"), list) and isinstance(
        document.get("connections"), dict | list
    ):
        if not document["nodes"]:
            return Unknown("a workflow without nodes", "Add nodes where it was made, and save it.")
        return Unknown("a workflow whose nodes have types of no system that is known", _KNOWN)
    names = ", ".join(list(document)[:5])
    return Unknown(f"JSON with {f'the keys {names}' if names else 'nothing in it'}", _KNOWN)


def _no_json(data: bytes, unreadable: Unreadable) -> Unknown:
    """Say what a file is that is no JSON, by how it begins."""
    text = data[:4_096].decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        return Unknown("an empty file", "Save the workflow again.")
    beginnings = (
        (("{", "["), f"JSON that is damaged: {unreadable.problem.message}"),
        (("<?xml", "<bpmn", "<definitions"), "XML, such as BPMN"),
        (("<!DOCTYPE", "<html", "<HTML"), "a web page"),
        (("import ", "from ", "def ", "#!", '"""'), "a Python program"),
        (("PK",), "an archive"),
        (("---", "apiVersion:", "name:", "on:", "id:"), "YAML"),
    )
    for signs, what in beginnings:
        if text.startswith(signs):
            return Unknown(what, _KNOWN)
    return Unknown("a file of another kind", _KNOWN)
