"""The body of a request that stores or validates a workflow."""

from __future__ import annotations

from typing import Any

from pydantic import RootModel


class Workflow(RootModel[dict[str, Any]]):
    """A workflow as it is written; checked by `dag.validation`, documented by its schema."""
