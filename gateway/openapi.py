"""The OpenAPI document: what FastAPI derives from the routes, and what it cannot know of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from core.errors import TreadleError
from gateway.bodies import NotJson, NotJsonContent, RequestTooLarge, RequestTooSlow
from gateway.callers import OWNED, KeyInvalid, KeyMissing, ScopeMissing
from gateway.errors import GatewayBusy, LedgerNotReady, LedgerUnavailable, RequestInvalid
from gateway.models.errors import Problem
from gateway.routing import GatedRoute, by_status

#: What a body can be refused for, beside what it says.
_OF_BODIES = (NotJson, NotJsonContent, RequestTooLarge, RequestTooSlow)
#: What any gated route can answer.
_OF_ALL = (KeyMissing, KeyInvalid, ScopeMissing, LedgerUnavailable, LedgerNotReady, GatewayBusy)


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of an app, made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _made(app)
    return app.openapi_schema


def _made(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title=app.title,
        version=app.version,
        description="Workflows in, plans, runs and questions out. Errors are problems (RFC 9457).",
        routes=app.routes,
    )
    schemas = made["components"]["schemas"]
    schemas.pop("HTTPValidationError", None)
    schemas.pop("ValidationError", None)
    schemas["Problem"] = _schema_of_problems(schemas)
    for route in app.routes:
        if isinstance(route, GatedRoute) and route.include_in_schema:
            for method in route.methods or ():
                _complete(made["paths"][route.path_format][method.lower()], route)
    return made


def _complete(operation: dict[str, Any], route: GatedRoute) -> None:
    """Say of one operation what its route can be refused with by the frame around it."""
    responses = operation["responses"]
    invalid = responses.get("422")
    if invalid is not None and "application/json" in invalid["content"]:
        del responses["422"]  # FastAPI's own, whose shape no answer here has
    for status, response in by_status(_refused_with(route)).items():
        known = responses.setdefault(str(status), response)
        content = response["content"].items()
        for media_type, each in content:
            known["content"][media_type]["examples"].update(each["examples"])
    operation["responses"] = dict(sorted(responses.items()))
    operation["security"] = [{"key": [route.scope_needed]}]


def _refused_with(route: GatedRoute) -> Iterator[type[TreadleError]]:
    yield from _OF_ALL
    if route.body_field is not None:
        yield from _OF_BODIES
    if route.body_field is not None or route.dependant.query_params or route.param_convertors:
        yield RequestInvalid
    for name in route.param_convertors:
        if name in OWNED:
            yield OWNED[name].missing


def _schema_of_problems(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of problems, its parts moved to where the document keeps them."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs"))
    return schema
