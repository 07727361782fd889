"""The page that shows the API, from files of the installation and not from the network."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

_ASSETS = "/docs/assets"


def add_pages(app: FastAPI) -> None:
    """Serve Swagger UI at /docs; the package `fastapi-offline` carries its files."""

    async def docs(request: Request) -> Response:
        return get_swagger_ui_html(
            openapi_url=str(app.openapi_url),
            title="Treadle",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{_ASSETS}/favicon.png",
            swagger_ui_parameters={"tryItOutEnabled": True, "persistAuthorization": True},
        )

    app.mount(_ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]), name="assets")
    app.add_route("/docs", docs, include_in_schema=False)
