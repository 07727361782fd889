"""Treadle runs workflows on a cluster of workers that loses nothing when one of them dies.

This is the face for people who write code: `task` makes a function a step, `context` tells it what
it runs for, `NonRetryable` says that trying it again cannot help, `Workflow` makes a workflow of
steps, `Client` and `AsyncClient` ask a cluster to run it. The commands are in `treadle.cli`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treadle.builder import Workflow
    from treadle.client import AsyncClient, Client
    from treadle.workers.context import context
    from treadle.workers.tasks import NonRetryable, task

__all__ = ["AsyncClient", "Client", "NonRetryable", "Workflow", "context", "task"]

_HOMES = {
    "AsyncClient": "treadle.client",
    "Client": "treadle.client",
    "NonRetryable": "treadle.workers.tasks",
    "Workflow": "treadle.builder",
    "context": "treadle.workers.context",
    "task": "treadle.workers.tasks",
}


def __getattr__(name: str) -> Any:
    """Load what is public when it is first named: commands that run no task start without it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
