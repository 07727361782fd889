"""Liveness and readiness of the gateway."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict

from treadle.wire.objects import WireObject


class Alive(WireObject):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"]


class Ready(WireObject):
    """The gateway answers: all that it needs is there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "status": "ready",
                    "needed": ["database", "threads"],
                    "dependencies": {"database": "ok", "threads": "ok", "redis": "ok"},
                }
            ]
        }
    )

    status: Literal["ready"]
    needed: list[str]
    """The dependencies without which the gateway is not ready."""
    dependencies: dict[str, Literal["ok"] | dict[str, Any]]
    """By name: `ok`, or the error of one that the gateway does without."""
