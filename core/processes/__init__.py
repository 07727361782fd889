"""Child processes that never outlive their parent, and a supervisor that keeps them running.

- `guardian` is the small process between a parent and its child. It sees the parent die and stops
  the child; the kernel tells the child when the guardian dies. So `kill -9`, of any of the three,
  leaves no orphan.
- `guarded` is the parent's side: start, signal, wait, stop in bounded time.
- `service` is one thing to keep running, and when its next start is due.
- `supervisor` runs stages of services: it starts them in order, starts again what ended, passes on
  what they write, and drains them in reverse order.

A child leads a process group of its own in a session of its own, so a Ctrl-C in the terminal
reaches the parent alone, which decides the order; and what an ended child leaves behind in its
group is killed.
"""

from treadle.core.processes.guarded import Command, GuardedProcess, User
from treadle.core.processes.service import Service
from treadle.core.processes.supervisor import Supervisor

__all__ = ["Command", "GuardedProcess", "Service", "Supervisor", "User"]
