"""Why an execution stands where it stands, on the wire."""

from __future__ import annotations

from pydantic import ConfigDict

from treadle.dag.model import Milliseconds
from treadle.wire.examples import EXECUTION_ID
from treadle.wire.executions import Status
from treadle.wire.objects import Uuid, WireObject


class Cause(WireObject):
    """One reason why an execution does not go on, or is not over yet."""

    reason: str
    """A stable name, for programs."""
    node_id: str | None
    """The node that it holds; null if it holds the whole execution."""
    scope: str
    """The iteration; of several that wait alike the first. Empty for the root."""
    count: int
    """How many node executions wait alike."""
    message: str
    solution: str
    """The step that frees it; what to do if it should not go on by itself."""
    due_at: Milliseconds | None
    """When it goes on, or gives up, by itself, in epoch milliseconds."""
    waits_for: list[str]
    """The nodes that it waits for, each of which has its own causes."""


class Causes(WireObject):
    """All causes of an execution; what holds others comes before them."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": EXECUTION_ID,
                    "status": "RUNNING",
                    "causes": [
                        {
                            "reason": "no_capable_worker",
                            "node_id": "charge",
                            "scope": "",
                            "count": 1,
                            "message": "No worker has the task 'charge_card'.",
                            "solution": "Start a worker with it: treadle worker --tasks MODULE; "
                            "or correct the task's name.",
                            "due_at": None,
                            "waits_for": [],
                        }
                    ],
                }
            ]
        }
    )

    id: Uuid
    status: Status
    causes: list[Cause]
