"""Child processes that never outlive their parent, and a supervisor that keeps them running.

- `guardian` is the small process between a parent and its child. It notices the parent's death and
  stops the child; the kernel signals the child when the guardian dies. So `kill -9` of any of the
  three leaves no orphan.
- `guarded` is the parent's side: start, signal, wait, stop in bounded time.
- `service` is one thing to keep running, and when its next start is due.
- `supervisor` runs stages of services: it starts them in order, restarts those that end, passes on
  their output, and drains them in reverse order.

A child has its own session and process group, so a Ctrl-C in the terminal reaches only the parent,
which decides the order; and processes that an ended child leaves in its group are killed.
"""

from treadle.core.processes.guarded import Command, GuardedProcess, User
from treadle.core.processes.service import Service
from treadle.core.processes.supervisor import Supervisor

__all__ = ["Command", "GuardedProcess", "Service", "Supervisor", "User"]
