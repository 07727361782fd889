"""Treadle runs workflows on a cluster of workers that loses nothing when one of them dies.

This is the face for people who write code beside their workflows: `task` makes a function a step,
`NonRetryable` says that trying it again cannot help. The commands are in `treadle.cli`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from treadle.workers.tasks import NonRetryable, task

__all__ = ["NonRetryable", "task"]


def __getattr__(name: str) -> Any:
    """Load what is public when it is first named: commands that run no task start without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from treadle.workers import tasks  # noqa: PLC0415 - see above

    return getattr(tasks, name)
