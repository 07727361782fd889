"""Node types, and the schema of workflows."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from starlette.responses import Response

from treadle.core.errors import TreadleError
from treadle.dag.schema import configurations_schema, workflow_schema
from treadle.dag.specs import SPECS, NodeSpec, spec_of
from treadle.dag.values import dumps
from treadle.gateway.auth import Reader
from treadle.gateway.parameters import Word
from treadle.gateway.responses import Json
from treadle.gateway.routing import Routes, refusals
from treadle.wire.node_types import NodeType, NodeTypes
from treadle.wire.objects import to_json, unchecked

routes = Routes("node types")

_type = unchecked(NodeType)
_types = unchecked(NodeTypes)


class NoSuchNodeType(TreadleError):
    """There is no node type of this name."""

    reason: ClassVar[str] = "node_type_not_found"
    solution: ClassVar[str] = "GET /v1/node-types lists them."


@routes.get("/node-types", response_model=NodeTypes, summary="List node types")
def list_node_types(_: Reader) -> Response:
    """Return all node types; those that are not `available` are refused in workflows until then."""
    return Json(_all())


@routes.get(
    "/node-types/{node_type}/{node_subtype}",
    response_model=NodeType,
    responses=refusals(NoSuchNodeType),
    summary="Get a node type",
)
def get_node_type(node_type: Word, node_subtype: Word, _: Reader) -> Response:
    """Return one node type, such as FLOW and IF."""
    spec = spec_of(node_type, node_subtype)
    if spec is None:
        raise NoSuchNodeType(f"There is no node type {node_type}.{node_subtype}.")
    return Json(_node_type(spec))


@routes.get(
    "/workflow-schema",
    response_class=Response,
    responses={
        200: {
            "description": "A JSON Schema, draft 2020-12.",
            "content": {
                "application/schema+json": {
                    "schema": {"type": "object"},
                    "example": {"title": "Treadle workflow", "type": "object"},
                }
            },
        }
    },
    summary="Get the schema of workflows",
)
def get_workflow_schema(_: Reader) -> Response:
    """Return the JSON Schema of workflow definitions, for editors and other programs."""
    return Response(_schema(), media_type="application/schema+json")


@cache
def _all() -> bytes:
    return to_json(_types(node_types=[_node_type(spec) for spec in SPECS.values()]))


@cache
def _schema() -> bytes:
    return dumps(workflow_schema())


def _node_type(spec: NodeSpec) -> NodeType:
    return _type(
        type=spec.type,
        subtype=spec.subtype,
        description=spec.description,
        available=spec.available,
        lane=spec.lane,
        output_keys=list(spec.output_keys(spec.complete(spec.example))),
        puts_out=spec.puts_out,
        spec_version=spec.version,
        example=dict(spec.example),
        configurations_schema=configurations_schema(spec),
    )
