"""Publication: a definition with all defaults written out that a later release might change."""

from __future__ import annotations

from typing import Any

from treadle.dag.model import DERIVED, Node, Workflow, WorkflowMetadata
from treadle.dag.specs import NodeSpec, running_spec_of

_UNKNOWN = WorkflowMetadata(id="w", name="w").model_dump(mode="json", include=set(DERIVED))


def publish(workflow: Workflow) -> dict[str, Any]:
    """Return a valid workflow as it is stored as one of its versions.

    Every default of the node specs is written into the configurations, aliases are replaced by the
    fields they mean, and each node carries the version of its spec, so that a later release
    changes nothing that runs. Metadata that only the system can know stands as if the author had
    left it out, which keeps the digest of a definition. Publishing a published definition returns
    it unchanged.
    """
    stored = workflow.model_dump(mode="json")
    stored["metadata"] |= _UNKNOWN
    for node, written in zip(workflow.nodes, stored["nodes"], strict=True):
        spec = _spec(node)
        written["spec_version"] = spec.version
        written["configurations"] = spec.complete(node.configurations)
    return stored


def _spec(node: Node) -> NodeSpec:
    spec = running_spec_of(node.type, node.subtype)
    assert spec is not None, "a valid workflow has known node types only"
    return spec
