"""Overview: whether all is well, and if not, where to look next."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard

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


def dashboard() -> Dashboard:
    """Return the dashboard."""
    rows = {
        "Now": _now(),
        "Processes": _processes(),
        "Executions": _executions(),
        "Nodes": _nodes(),
        "Front doors": _front_doors(),
        "Refusals": _refusals(),
        "Models": _models(),
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
        ),
        number(
            "Oldest ready node",
            "How long it has waited for a worker.",
            cluster("treadle_queue_oldest_seconds"),
            "s",
            bad=300,
        ),
        number("Open questions", "They wait for people.", cluster("treadle_questions_pending")),
    ]


def _processes() -> list[Panel]:
    return [
        graph(
            "Servers reached",
            "Whether PostgreSQL and Redis answer the processes: 1, or 0 where one is not reached.",
            {"{{dependency}}": "min by (dependency) (treadle_dependency_up)"},
        ),
        graph(
            "Starts of processes",
            "In a quarter of an hour, by job; a line that stays up is a loop of crashes.",
            {"{{job}}": "sum by (job) (increase(treadle_process_starts_total[15m]))"},
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
        graph(
            "Repaired and moved on",
            "What the scheduler did, by kind. Lost messages and reclaimed leases are repairs; due"
            " timers are not.",
            {"{{kind}}": rate("treadle_repairs_total", "kind")},
            "ops",
        ),
        graph(
            "Not understood",
            "Executions of which something stored could not be read: ended, set aside, or"
            " left to another release.",
            {"{{outcome}}": rate("treadle_rows_not_understood_total", "outcome")},
            "ops",
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
    ]


def _front_doors() -> list[Panel]:
    return [
        graph(
            "Requests",
            "Requests to the gateway, by status.",
            {"{{status}}": rate("treadle_gateway_requests_total", "status")},
            "reqps",
        ),
        graph(
            "Latency",
            "Time to the answer, of all routes.",
            {
                "half": quantile(0.5, "treadle_gateway_request_seconds"),
                "99 of 100": quantile(0.99, "treadle_gateway_request_seconds"),
            },
            "s",
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
            "Secrets refused",
            "Uses of secrets that are not offered to the owner, or not meant for the host.",
            {"{{place}} {{reason}}": rate("treadle_secrets_refused_total", "place", "reason")},
            "ops",
        ),
    ]


def _models() -> list[Panel]:
    return [
        graph(
            "Requests to models",
            "By provider and outcome.",
            {
                "{{provider}} {{outcome}}": rate(
                    "treadle_model_requests_total", "provider", "outcome"
                )
            },
            "reqps",
        ),
        graph(
            "Time of a request",
            "Of 95 in 100 requests, by provider.",
            {"{{provider}}": quantile(0.95, "treadle_model_request_seconds", "provider")},
            "s",
        ),
        graph(
            "Tokens",
            "A second, in and out.",
            {
                "{{provider}} {{direction}}": rate(
                    "treadle_model_tokens_total", "provider", "direction"
                )
            },
        ),
        graph(
            "Cost",
            "US dollars an hour, as far as prices are known.",
            {"{{provider}}": f"3600 * {rate('treadle_model_cost_usd_total', 'provider')}"},
            "currencyUSD",
        ),
    ]
