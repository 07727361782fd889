"""Treadle runs workflows on a cluster of workers that loses nothing when one of them dies.

This is the face for people who write code beside their workflows: `task` makes a function a step,
`context` tells it what it runs for, `NonRetryable` says that trying it again cannot help. The
commands are in `treadle.cli`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treadle.workers.context import context
    from treadle.workers.tasks import NonRetryable, task

__all__ = ["NonRetryable", "context", "task"]

_MODULES = {"context": "treadle.workers.context"}


def __getattr__(name: str) -> Any:
    """Load what is public when it is first named: commands that run no task start without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "treadle.workers.tasks")), name)
