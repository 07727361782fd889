"""Middleware: what happens around Dramatiq's messages and threads, one policy a file.

A message carries ids, and often several nodes; what concerns one attempt (its lease, its retries,
its limit) is decided by the runner and the executor. Here is what concerns the process and the
message:

- `leases`       the process beats while its threads run, and keeps its leases honest
- `time_limits`  attempts past their limit are interrupted
- `drain`        a stopping process claims nothing more and releases what it cannot finish
- `retries`      a message that fails is not sent again: its rows are, from the ledger
- `metrics`      what the process counts of messages
"""

from treadle.workers.middleware.drain import Drain
from treadle.workers.middleware.leases import LeaseKeeping
from treadle.workers.middleware.metrics import MessageMetrics
from treadle.workers.middleware.retries import LedgerRetries
from treadle.workers.middleware.time_limits import TimeLimits

__all__ = ["Drain", "LeaseKeeping", "LedgerRetries", "MessageMetrics", "TimeLimits"]
