"""The OpenAPI document: what FastAPI derives from the routes, completed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from treadle.core.errors import TreadleError
from treadle.dag.schema import workflow_schema
from treadle.dag.values import dumps, loads
from treadle.gateway.auth import KeyInvalid, KeyMissing, ScopeMissing
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
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = _as_component(Problem.model_json_schema(), schemas)
    schemas["Workflow"] = _as_component(workflow_schema(), schemas)
    # A workflow in a body is read by no model: `dag.validation` reports all its problems.
    is_workflow = {"$ref": "#/components/schemas/Workflow"}
    schemas["Definition"] = {**is_workflow, "examples": schemas["Definition"]["examples"]}
    schemas["NewExecution"]["properties"]["workflow"] = is_workflow
    for route in app.routes:
        if isinstance(route, BoundedRoute) and route.include_in_schema:
            _restore_examples(route, schemas)
            for method in route.methods or ():
                _complete(built["paths"][route.path_format][method.lower()], route)
    return built


def _restore_examples(route: BoundedRoute, schemas: dict[str, Any]) -> None:
    """Restore the examples of a route's models: FastAPI leaves out their null members."""
    body = route.body_field.field_info.annotation if route.body_field is not None else None
    for model in (route.response_model, body):
        if isinstance(model, type) and issubclass(model, BaseModel):
            extra = model.model_config.get("json_schema_extra")
            if isinstance(extra, dict) and "examples" in extra:
                schemas[model.__name__]["examples"] = extra["examples"]


def _complete(operation: dict[str, Any], route: BoundedRoute) -> None:
    """Add to an operation the errors that every route like its own can answer with."""
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
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _without_null(parameter["schema"])
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


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter that may be left out: there is no null in a URL."""
    choices = [each for each in schema.get("anyOf", ()) if each.get("type") != "null"]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{key: value for key, value in schema.items() if key != "anyOf"}}


def _as_component(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return a schema for the document, its parts moved to where the document keeps them."""
    text = dumps(schema).replace(b'"#/$defs/', b'"#/components/schemas/')
    moved: dict[str, Any] = loads(text)
    moved.pop("$schema", None)
    schemas.update(moved.pop("$defs"))
    return moved
