"""Treadle runs workflows on a cluster of workers that loses nothing when one of them dies.

This is the face for people who write code beside their workflows: `task` makes a function a step,
`NonRetryable` says that trying it again cannot help. The commands are in `treadle.cli`.
"""

from treadle.workers.tasks import NonRetryable, task

__all__ = ["NonRetryable", "task"]
