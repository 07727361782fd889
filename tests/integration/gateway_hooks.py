"""What schemathesis is to know of the gateway that no schema can say."""

from __future__ import annotations

import os
from typing import Any

import schemathesis

#: The id of the key that the calls are made with.
OWN_KEY = os.environ["TREADLE_TEST_KEY_ID"]
INTEGERS = 2**63 - 1
_NEW_VERSION = "POST /v1/workflows/{workflow_id}/versions"


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, values: dict[str, Any] | None) -> Any:
    """Leave the key alone that the calls are made with; store a definition under its own id."""
    if values and context.operation and context.operation.label == _NEW_VERSION:
        return {**values, "workflow_id": "greeting"}
    if values and values.get("key_id") == OWN_KEY:
        return {**values, "key_id": "another"}
    return values


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Keep to values that can be stored: their bounds are tested where bodies are."""
    return storable(body)


def storable(value: Any) -> Any:
    """Return a value without what JSON can say and nothing here may keep: too much, and NUL."""
    if isinstance(value, dict):
        return {storable(name): storable(each) for name, each in value.items()}
    if isinstance(value, list):
        return [storable(each) for each in value]
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode()
    if isinstance(value, float) and value.is_integer():  # 7.0 is no integer here: write 7
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-INTEGERS, min(INTEGERS, value))
    return value
