"""Workflows of other systems, in the shape of their files, and imported ones that run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from tests.reference.interpreter import interpret
from treadle.dag.validation import validate
from treadle.importing.formats import Imported, import_document

Found = list[tuple[str, str]]

_SECRET = re.compile(r"\{\{ secrets\.(\w+) \}\}")


def n8n(*nodes: dict[str, Any], links: Iterable[str], **parts: Any) -> dict[str, Any]:
    """Return a file of n8n's.

    Args:
        nodes: as `node` makes them.
        links: `A > B`, or `A 1 > B 2` from output 1 to input 2, or `M ai_languageModel> A`.
        parts: further parts of the file.
    """
    connections: dict[str, Any] = {}
    for link in links:
        left, _, right = link.partition(">")
        source, kind, output = _end(left.strip())
        target, _, number = _end(right.strip())
        outputs = connections.setdefault(source, {}).setdefault(kind, [])
        while len(outputs) <= output:
            outputs.append([])
        outputs[output].append({"node": target, "type": kind, "index": number})
    file = {"name": "Test", "nodes": list(nodes), "connections": connections, "active": False}
    return {**file, "settings": {"executionOrder": "v1"}, "pinData": {}, **parts}


def _end(text: str) -> tuple[str, str, int]:
    name, kind, number = text, "main", 0
    head, _, last = text.rpartition(" ")
    if last.startswith("ai_"):
        name, kind = head, last
    elif last.isdigit() and head:
        name, number = head, int(last)
    return name, kind, number


def node(
    name: str,
    kind: str,
    parameters: dict[str, Any] | None = None,
    *,
    version: float = 1,
    **more: Any,
) -> dict[str, Any]:
    """Return a node of n8n's; `kind` without a dot is one of its own package."""
    return {
        "id": f"id-{name}",
        "name": name,
        "type": kind if "." in kind else f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [0, 0],
        "parameters": parameters or {},
        **more,
    }


def imported(document: Any) -> Imported:
    """Import a document as its file would be."""
    found = import_document(json.dumps(document).encode())
    assert isinstance(found, Imported), found
    return found


def told(found: Imported, *, without: Iterable[str] = ()) -> Found:
    """Return places and reasons of a report, in order."""
    left = set(without)
    return sorted((e.path, str(e.reason)) for e in found.report if str(e.reason) not in left)


def run(
    workflow: Mapping[str, Any],
    value: Any = None,
    *,
    trigger: str | None = None,
    **calls: Callable[[dict[str, Any]], Any],
) -> Any:
    """Run an imported workflow by the reference interpreter; return its output.

    Args:
        workflow: what was imported.
        value: the submitted input.
        trigger: the one that fires.
        calls: what nodes that reach outside come to, by id: they get their rendered settings, or
            a task its input.
    """
    problems = validate(workflow).problems
    assert not problems, problems
    document = json.loads(json.dumps(workflow))
    tasks: dict[str, Callable[..., Any]] = {}
    for each in document["nodes"]:
        if each["id"] in calls:
            if each["subtype"] != "PYTHON_TASK":
                settings = {k: v for k, v in each["configurations"].items() if k != "max_retries"}
                text = _SECRET.sub(r"secret \1", json.dumps(settings))
                each["input_params"] = {"given": json.loads(text)}
            each["type"], each["subtype"] = "ACTION", "PYTHON_TASK"
            name = each["id"]
            tasks[name] = _called(calls[name])
            each["configurations"] = {"task": name}
    result = interpret(document, value if value is not None else {}, trigger=trigger, tasks=tasks)
    assert result.status == "SUCCESS", result
    return result.output


def _called(call: Callable[[dict[str, Any]], Any]) -> Callable[..., Any]:
    return lambda **given: call(given.get("given", given))
