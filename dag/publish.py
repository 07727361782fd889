"""Publishing: the definition that is stored, complete, so that a later release changes nothing."""

from __future__ import annotations

from typing import Any

from dag.model import Workflow
from dag.specs import spec_of


def publish(workflow: Workflow) -> dict[str, Any]:
    """Return a valid workflow's definition with the specs' defaults written into it.

    The result validates and compiles again, to the same graph.
    """
    document = workflow.model_dump(mode="json", exclude_none=True)
    for node, written in zip(workflow.nodes, document["nodes"], strict=True):
        spec = spec_of(node.type, node.subtype)
        assert spec is not None  # a valid workflow names only types there are
        written["configurations"] = dict(spec.complete(node.configurations))
        written["spec_version"] = spec.version
    return document
