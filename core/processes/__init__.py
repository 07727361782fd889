"""processes."""

from core.processes.guarded import Command, GuardedProcess, User

__all__ = ["Command", "GuardedProcess", "User"]
