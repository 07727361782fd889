"""Liveness and readiness of the gateway."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from treadle.wire.objects import WireObject


class Alive(WireObject):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})

    status: Literal["alive"]


class Ready(WireObject):
    """All dependencies of the gateway are available."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "dependencies": {"database": "ok", "redis": "ok"}}]
        }
    )

    status: Literal["ready"]
    dependencies: dict[str, Literal["ok"]]
