"""Queues and workers: queues, workers, the ledger and processes."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from treadle.monitoring.dashboards.alerts import measured
from treadle.monitoring.dashboards.panels import (
    Panel,
    cluster,
    graph,
    mean,
    page,
    quantile,
    rate,
)

_TREADLE_JOBS = '{job=~"treadle-.*"}'


def dashboard() -> Dashboard:
    """Return the dashboard."""
    rows = {
        "Queues": _queues(),
        "Workers": [*_workers(), *_losses()],
        "Ledger": _ledger(),
        "Processes": _processes(),
    }
    description = "What waits for workers, and what are they busy with?"
    return page("treadle-queues", "Treadle: Queues and workers", description, rows)


def _queues() -> list[Panel]:
    return [
        graph(
            "Depth",
            "Ready nodes, by queue and priority (0 is first).",
            {"{{queue}} {{priority}}": cluster("treadle_queue_depth", "queue", "priority")},
            stacked=True,
        ),
        graph(
            "Oldest ready node by queue",
            "How long the node that is next has waited, of all owners' workflows the longest.",
            {
                "{{queue}} {{priority}}": cluster(
                    "treadle_queue_oldest_seconds", "queue", "priority"
                )
            },
            "s",
            alerts=["TreadleQueueStuck"],
        ),
        graph(
            "Wait",
            "Time from ready to claimed, of nodes that came in a message.",
            {
                "half": quantile(0.5, "treadle_node_queue_wait_seconds"),
                "95 of 100": quantile(0.95, "treadle_node_queue_wait_seconds"),
            },
            "s",
        ),
        graph(
            "Begun",
            "Nodes that run, wait or will be tried again.",
            {"{{state}}": cluster("treadle_nodes_open", "state")},
            stacked=True,
        ),
        graph(
            "Without a worker",
            "Queues with waiting nodes that no process serves.",
            {"queues": cluster("treadle_stranded_queues")},
            alerts=["TreadleQueueUnserved"],
        ),
    ]


def _workers() -> list[Panel]:
    return [
        graph(
            "Workers by state",
            "Registered processes.",
            {"{{kind}} {{state}}": cluster("treadle_workers", "kind", "state")},
            alerts=["TreadleNoWorkers"],
        ),
        graph(
            "Busy",
            "Threads that work on a message, and attempts in flight.",
            {
                "busy threads": "sum (treadle_worker_threads_busy)",
                "threads": "sum (treadle_worker_threads)",
                "in flight": "sum (treadle_worker_in_flight)",
            },
        ),
        graph(
            "How nodes arrive",
            "In a message, or handed off by the node before them.",
            {
                "in messages": rate("treadle_chunk_nodes_sum"),
                "messages": rate("treadle_chunk_nodes_count"),
                "handed off": rate("treadle_hand_offs_total"),
            },
            "ops",
        ),
    ]


def _losses() -> list[Panel]:
    return [
        graph(
            "Suspects",
            "Nodes that run alone in a child because workers died of them, or beside them.",
            {
                "running": "sum (treadle_worker_suspects)",
                "begun a second": rate("treadle_suspects_total"),
            },
        ),
        graph(
            "Refused and dropped",
            "Outcomes with a lost lease, messages with a failed claim; both recover automatically.",
            {
                "leases lost": rate("treadle_leases_lost_total"),
                "messages dropped": rate("treadle_messages_failed_total"),
            },
            "ops",
        ),
    ]


def _ledger() -> list[Panel]:
    return [
        graph(
            "Commit",
            "Time of one batch's transaction.",
            {
                "half": quantile(0.5, "treadle_ledger_commit_seconds"),
                "99 of 100": quantile(0.99, "treadle_ledger_commit_seconds"),
            },
            "s",
        ),
        graph(
            "Batches",
            "Transactions a second, and requests in each.",
            {
                "transactions": rate("treadle_ledger_commit_seconds_count"),
                "requests in one": mean("treadle_ledger_batch_requests"),
            },
        ),
        graph(
            "Pool",
            "Database sessions in the processes' pools.",
            {"{{state}}": "sum by (state) (treadle_ledger_pool_connections)"},
            stacked=True,
        ),
        graph(
            "Waiting for a session",
            "Threads that a larger pool would serve immediately.",
            {"threads": "sum (treadle_ledger_pool_waiting)"},
        ),
        graph(
            "Sessions in use",
            "Share of PostgreSQL's sessions that all its clients together have open.",
            {"share": measured("TreadleSessionsUsedUp")},
            "percentunit",
            alerts=["TreadleSessionsUsedUp"],
        ),
    ]


def _processes() -> list[Panel]:
    return [
        graph(
            "Processor time",
            "Cores, by job.",
            {"{{job}}": rate(f"process_cpu_seconds_total{_TREADLE_JOBS}", "job")},
        ),
        graph(
            "Free disk",
            "Share of the data folder's file system that is free, by process.",
            {"{{job}} {{instance}}": measured("TreadleDiskFull")},
            "percentunit",
            alerts=["TreadleDiskFull"],
        ),
        graph(
            "Memory",
            "Resident, by job.",
            {"{{job}}": f"sum by (job) (process_resident_memory_bytes{_TREADLE_JOBS})"},
            "bytes",
        ),
    ]
