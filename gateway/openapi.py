"""The OpenAPI document: what FastAPI derives from the routes, completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from treadle.core.errors import TreadleError
from treadle.dag.model import Described
from treadle.gateway.auth import KeyInvalid, KeyMissing, ScopeMissing
from treadle.gateway.component_schemas import Schema, as_component, workflow_components
from treadle.gateway.errors import (
    GatewayBusy,
    LedgerNotReady,
    LedgerUnavailable,
    RequestInvalid,
)
from treadle.gateway.links import LinkRoute
from treadle.gateway.ownership import OWNED
from treadle.gateway.request_body import (
    NotJson,
    NotJsonContent,
    RequestCut,
    RequestTooLarge,
    RequestTooSlow,
)
from treadle.gateway.routing import BoundedRoute, GatedRoute, by_status
from treadle.wire.errors import Problem

#: Errors of any route with a body.
_OF_BODIES = (NotJson, NotJsonContent, RequestCut, RequestTooLarge, RequestTooSlow)
#: Errors of any route that needs a key.
_OF_GATED = (KeyMissing, KeyInvalid, ScopeMissing)
#: Errors of any route.
_OF_ALL = (LedgerUnavailable, LedgerNotReady, GatewayBusy)


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an app, built once."""
    if app.openapi_schema is None:
        app.openapi_schema = _build(app)
    return app.openapi_schema


def _build(app: FastAPI) -> dict[str, Any]:
    built = get_openapi(
        title=app.title,
        version=app.version,
        description="Workflows in, plans, runs and questions out. Errors are problems (RFC 9457).",
        routes=app.routes,
    )
    schemas = built["components"]["schemas"]
    for made_by_fastapi in ("HTTPValidationError", "ValidationError"):
        schemas.pop(made_by_fastapi, None)
    schemas["Problem"] = Problem.model_json_schema()
    for name, schema in schemas.items():
        schemas[name] = as_component(name, schema)
    for model in _models(Described):
        extra = model.model_config.get("json_schema_extra")
        if model.__name__ in schemas and isinstance(extra, dict) and "examples" in extra:
            # As they are written: FastAPI leaves out their null members.
            schemas[model.__name__]["examples"] = extra["examples"]
    # A workflow in a body is read by no model: `dag.validation` reports all its problems.
    schemas |= workflow_components()
    is_workflow = {"$ref": "#/components/schemas/Workflow"}
    members = schemas["NewExecution"]["properties"]
    members["workflow"] = {**is_workflow, "description": members["workflow"]["description"]}
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(built["paths"][route.path_format][method.lower()], route)
    return built


def _models(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in kind.__subclasses__():
        yield each
        yield from _models(each)


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Name an operation, and add the errors that every route like its own can answer with."""
    operation["operationId"] = route.name
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _of_parameter(parameter["schema"])
    if not isinstance(route, BoundedRoute):
        return
    responses = operation["responses"]
    invalid = responses.get("422")
    if invalid is not None and "application/json" in invalid["content"]:
        del responses["422"]  # FastAPI's own, which no response here matches
    for status, response in by_status(_refused_with(route)).items():
        known = responses.setdefault(str(status), response)
        content = response["content"].items()
        for media_type, each in content:
            known["content"][media_type]["examples"].update(each["examples"])
    operation["responses"] = dict(sorted(responses.items()))
    if isinstance(route, GatedRoute):
        operation["security"] = [{"key": [route.scope_needed]}]
    if isinstance(route, LinkRoute):
        operation["security"] = [{"link": []}, {}]  # the body may have the token instead


def _refused_with(route: BoundedRoute) -> Iterator[type[TreadleError]]:
    yield from _OF_ALL
    if isinstance(route, GatedRoute):
        yield from _OF_GATED
    if route.body_field is not None:
        yield from _OF_BODIES
    if route.body_field is not None or route.dependant.query_params or route.param_convertors:
        yield RequestInvalid
    queried = [field.alias for field in route.dependant.query_params]
    for name in (*route.param_convertors, *queried):
        if name in OWNED:
            yield OWNED[name].missing


def _of_parameter(schema: Schema) -> Schema:
    """Return the schema of a parameter. It may be left out, so its default is no part of a model.

    There is no null in a URL.
    """
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    found = {key: value for key, value in schema.items() if key != "title"}
    if len(choices) != 1:
        return found
    del found["anyOf"]
    return {**choices[0], **found}
