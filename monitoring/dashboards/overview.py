"""Overview: whether all is well, and if not, where to look next."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

from treadle.monitoring.dashboards import models
from treadle.monitoring.dashboards.alerts import measured
from treadle.monitoring.dashboards.panels import (
    Panel,
    cluster,
    graph,
    number,
    page,
    quantile,
    rate,
)

_FINISHED = "treadle_executions_finished_total"
_REQUESTS = "treadle_gateway_requests_total"


def dashboard() -> Dashboard:
    """Return the dashboard."""
    rows = {
        "Now": _now(),
        "Processes": _processes(),
        "Executions": [*_executions(), *_repairs()],
        "Nodes": _nodes(),
        "Front doors": _front_doors(),
        "Refusals": _refusals(),
        "Models": models.panels(),
    }
    return page("treadle-overview", "Treadle: Overview", "Is all well?", rows)


def _now() -> list[Panel]:
    return [
        number(
            "In progress",
            "Executions that have not ended, including those that wait for a person.",
            f"sum ({cluster('treadle_executions_in_progress', 'status')})",
        ),
        number("Finished a second", "Executions, over the last minutes.", rate(_FINISHED)),
        number(
            "Failed",
            "The share of executions that ended with ERROR or TIMEOUT.",
            f'sum (rate({_FINISHED}{{status=~"ERROR|TIMEOUT"}}[$__rate_interval]))'
            f" / sum (rate({_FINISHED}[$__rate_interval]))",
            "percentunit",
            bad=0.05,
        ),
        number(
            "Workers",
            "Processes that run nodes.",
            cluster('treadle_workers{kind="worker", state="up"}'),
            alerts=["TreadleNoWorkers"],
        ),
        number(
            "Oldest ready node",
            "How long it has waited for a worker.",
            cluster("treadle_queue_oldest_seconds"),
            "s",
            alerts=["TreadleQueueStuck"],
        ),
        number("Open questions", "They wait for people.", cluster("treadle_questions_pending")),
    ]


def _processes() -> list[Panel]:
    return [
        graph(
            "Processes that answer",
            "How many addresses answer Prometheus, by job; without a scheduler's the gauges of the"
            " whole cluster are missing.",
            {"{{job}}": 'sum by (job) (up{job=~"treadle-.*"})'},
            alerts=["TreadleNotScraped", "TreadleUnobserved"],
        ),
        graph(
            "Servers reached",
            "Whether PostgreSQL and Redis answer the processes: 1, or 0 where one is not reached.",
            {"{{dependency}}": "min by (dependency) (treadle_dependency_up)"},
            alerts=["TreadleDependencyDown"],
        ),
        graph(
            "Starts of processes",
            "In a quarter of an hour, by job; a line that stays up is a loop of crashes.",
            {"{{job}}": "sum by (job) (increase(treadle_process_starts_total[15m]))"},
            alerts=["TreadleCrashLoop"],
        ),
        graph(
            "Vital parts that died",
            "Threads and tasks that a process cannot do without, in an hour, by role and part.",
            {"{{role}} {{part}}": measured("TreadleVitalPartDied")},
            alerts=["TreadleVitalPartDied"],
        ),
    ]


def _executions() -> list[Panel]:
    return [
        graph(
            "Started and finished",
            "Executions a second, by their final status.",
            {
                "started": rate("treadle_executions_started_total"),
                "{{status}}": rate(_FINISHED, "status"),
            },
            "ops",
        ),
        graph(
            "Duration of executions",
            "Time from start to end, including waits for people.",
            {
                "half": quantile(0.5, "treadle_execution_seconds"),
                "95 of 100": quantile(0.95, "treadle_execution_seconds"),
            },
            "s",
        ),
        graph(
            "In progress by status",
            "Executions by status.",
            {"{{status}}": cluster("treadle_executions_in_progress", "status")},
            stacked=True,
        ),
    ]


def _repairs() -> list[Panel]:
    return [
        graph(
            "Repaired and moved on",
            "What the scheduler did, by kind. Lost messages and reclaimed leases are repairs; due"
            " timers are not.",
            {"{{kind}}": rate("treadle_repairs_total", "kind")},
            "ops",
        ),
        graph(
            "Losses repaired",
            "Repairs a second of what should not be lost again and again, by kind.",
            {"{{kind}}": measured("TreadleRepairing")},
            "ops",
            alerts=["TreadleRepairing"],
        ),
        graph(
            "Not understood",
            "Executions of which something stored could not be read: ended, set aside, or"
            " left to another release.",
            {"{{outcome}}": rate("treadle_rows_not_understood_total", "outcome")},
            "ops",
            alerts=["TreadleRowsNotUnderstood"],
        ),
        graph(
            "Inconsistent",
            "Executions that ended because the ledger's counts contradict each other, in an hour.",
            {"executions": "sum (increase(treadle_ledger_inconsistent_total[1h]))"},
            alerts=["TreadleLedgerInconsistent"],
        ),
    ]


def _nodes() -> list[Panel]:
    return [
        graph(
            "Settled by outcome",
            "Node executions a second. Nodes that retry or wait will be settled again.",
            {"{{outcome}}": rate("treadle_nodes_settled_total", "outcome")},
            "ops",
        ),
        graph(
            "Settled by type",
            "The same by node type.",
            {"{{node_type}}": rate("treadle_nodes_settled_total", "node_type")},
            "ops",
        ),
        graph(
            "Duration of attempts",
            "Time of 95 in 100 attempts, by node type.",
            {"{{node_type}}": quantile(0.95, "treadle_node_seconds", "node_type")},
            "s",
        ),
        graph(
            "Begun and settled",
            "Attempts a second. A constant gap is work in flight; a growing one means hanging.",
            {
                "begun": rate("treadle_nodes_started_total"),
                "settled": rate("treadle_node_seconds_count"),
            },
            "ops",
        ),
        graph(
            "Lines of tasks",
            "Lines that tasks print and log a second, kept or left out past their bounds.",
            {"{{outcome}}": rate("treadle_task_lines_total", "outcome")},
            "ops",
        ),
    ]


def _front_doors() -> list[Panel]:
    return [
        graph(
            "Requests",
            "Requests to the gateway, by status.",
            {"{{status}}": rate(_REQUESTS, "status")},
            "reqps",
        ),
        graph(
            "Requests that fail",
            "Share of the gateway's answers with a status of 500 or above.",
            {"share": f"{measured('TreadleGatewayErrors')} or 0 * {rate(_REQUESTS, 'cluster')}"},
            "percentunit",
            alerts=["TreadleGatewayErrors"],
        ),
        graph(
            "Latency",
            "Time to the answer, of all routes.",
            {
                "half": quantile(0.5, "treadle_gateway_request_seconds"),
                "95 of 100": quantile(0.95, "treadle_gateway_request_seconds"),
                "99 of 100": quantile(0.99, "treadle_gateway_request_seconds"),
            },
            "s",
            alerts=["TreadleGatewaySlow"],
        ),
        graph(
            "Live readers",
            "Clients that follow live events.",
            {"connected": "sum (treadle_gateway_live_readers)"},
        ),
        graph(
            "Plans",
            "By outcome.",
            {"{{outcome}}": rate("treadle_planner_plans_total", "outcome")},
            "ops",
        ),
    ]


def _refusals() -> list[Panel]:
    return [
        graph(
            "Turned away",
            "Requests without a key over their address's rate, and connections without a request.",
            {
                "over its rate": rate("treadle_gateway_requests_over_rate_total"),
                "{{reason}}": rate("treadle_gateway_connections_dropped_total", "reason"),
            },
            "ops",
        ),
        graph(
            "Crowded out",
            "Connections a second that were closed because too many wait without a request.",
            {"connections": measured("TreadleGatewayCrowded")},
            "ops",
            alerts=["TreadleGatewayCrowded"],
        ),
        graph(
            "Secrets refused",
            "Uses of secrets that are not offered to the owner, or not meant for the host.",
            {"{{place}} {{reason}}": rate("treadle_secrets_refused_total", "place", "reason")},
            "ops",
        ),
    ]
