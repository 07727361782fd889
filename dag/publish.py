"""Publication: a definition with all defaults written out that a later release might change."""

from __future__ import annotations

from typing import Any

from treadle.dag.model import DERIVED, Node, Workflow
from treadle.dag.specs import NodeSpec, running_spec_of


def publish(workflow: Workflow) -> dict[str, Any]:
    """Return a valid workflow as it is stored as one of its versions.

    Every default of the node specs is written into the configurations, aliases are replaced by the
    fields they mean, and each node carries the version of its spec, so that a later release
    changes nothing that runs. What the system knows of a workflow by itself is left out, whatever
    the author wrote there. Publishing a published definition returns it unchanged.
    """
    stored = workflow.model_dump(mode="json", exclude={"metadata": set(DERIVED)})
    for node, written in zip(workflow.nodes, stored["nodes"], strict=True):
        spec = _spec(node)
        written["spec_version"] = spec.version
        written["configurations"] = spec.complete(node.configurations)
    return stored


def _spec(node: Node) -> NodeSpec:
    spec = running_spec_of(node.type, node.subtype)
    assert spec is not None, "a valid workflow has known node types only"
    return spec
