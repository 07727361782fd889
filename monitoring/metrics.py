"""The metrics of a process: names with units, labels from closed sets, never an id.

Each process serves its own (`serve`), and Prometheus adds them up.
"""

from __future__ import annotations

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, start_http_server

_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
_SLOW = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

NODES_SETTLED = Counter(
    "treadle_nodes_settled_total", "Attempts settled.", ("node_type", "outcome")
)
NODE_SECONDS = Histogram(
    "treadle_node_seconds", "Time of one attempt in its lane.", ("node_type",), buckets=_SLOW
)
LEASES_LOST = Counter(
    "treadle_leases_lost_total", "Outcomes refused because their lease was taken back or ended."
)
HAND_OFFS = Counter("treadle_hand_offs_total", "Nodes run without a message of their own.")
CHUNK_NODES = Histogram("treadle_chunk_nodes", "Nodes claimed by one message.", buckets=_SIZES)
MESSAGE_SECONDS = Histogram(
    "treadle_message_seconds", "Time that one message kept its thread.", buckets=_SLOW
)
MESSAGES_FAILED = Counter("treadle_messages_failed_total", "Messages dropped after an error.")
COMMIT_SECONDS = Histogram(
    "treadle_ledger_commit_seconds", "Time of one batch's transaction.", buckets=_FAST
)
COMMIT_REQUESTS = Histogram(
    "treadle_ledger_batch_requests", "Requests served by one transaction.", buckets=_SIZES
)
EXECUTIONS_FINISHED = Counter(
    "treadle_executions_finished_total", "Executions that came to their end here.", ("status",)
)
REPAIRS = Counter(
    "treadle_repairs_total", "What the scheduler mended or moved on, by kind.", ("kind",)
)
STRANDED_QUEUES = Gauge(
    "treadle_stranded_queues", "Queues that something waits in and no process takes."
)


def serve(port: int) -> None:
    """Serve this process's metrics at `/metrics` on a port of all addresses.

    Raises:
        OSError: the port is taken.
    """
    start_http_server(port, registry=REGISTRY)
