"""Panels of model providers: requests, failures, tokens and cost."""

from __future__ import annotations

from treadle.monitoring.dashboards.alerts import measured
from treadle.monitoring.dashboards.panels import Panel, graph, quantile, rate


def panels() -> list[Panel]:
    """Return the panels of their row."""
    return [*_requests(), *_spending()]


def _requests() -> list[Panel]:
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
            "Requests to models that fail",
            "Share that got no answer, by provider: refused for its rate (429), or for another"
            " reason.",
            {
                "{{provider}} 429": measured("TreadleModelsRateLimited"),
                "{{provider}} other": measured("TreadleModelsFailing"),
            },
            "percentunit",
            alerts=["TreadleModelsFailing", "TreadleModelsRateLimited"],
        ),
        graph(
            "Time of a request",
            "Of 95 in 100 requests, by provider.",
            {"{{provider}}": quantile(0.95, "treadle_model_request_seconds", "provider")},
            "s",
        ),
    ]


def _spending() -> list[Panel]:
    return [
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
