"""Panels: the few kinds that the dashboards are made of, and the queries that they share."""

from __future__ import annotations

from collections.abc import Mapping
from string import ascii_uppercase

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import DataSourceRef

#: The data source that the provisioning files set up.
_SOURCE = DataSourceRef(type_val="prometheus", uid="treadle-prometheus")
#: A row of the grid has 24 columns.
_STAT_SPAN, _STAT_HEIGHT = 4, 4
_GRAPH_SPAN, _GRAPH_HEIGHT = 12, 8
_RATE = "[$__rate_interval]"

Panel = stat.Panel | timeseries.Panel


def page(uid: str, title: str, told: str, rows: Mapping[str, list[Panel]]) -> dashboard.Dashboard:
    """Return a dashboard of panels in rows with titles."""
    made = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(told)
        .tags(["treadle"])
        .time("now-1h", "now")
        .refresh("10s")
        .readonly()
    )
    for row, panels in rows.items():
        made = made.with_row(dashboard.Row(row))
        for panel in panels:
            made = made.with_panel(panel)
    return made


def number(title: str, told: str, query: str, unit: str = "short") -> stat.Panel:
    """Return a panel that shows what one query gives now."""
    return (
        stat.Panel()
        .title(title)
        .description(told)
        .datasource(_SOURCE)
        .unit(unit)
        .span(_STAT_SPAN)
        .height(_STAT_HEIGHT)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .with_target(_target(query, title, "A"))
    )


def graph(
    title: str, told: str, queries: Mapping[str, str], unit: str = "short", *, stacked: bool = False
) -> timeseries.Panel:
    """Return a panel of lines over time; `queries` are by the legend of their lines."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(told)
        .datasource(_SOURCE)
        .unit(unit)
        .min(0)
        .span(_GRAPH_SPAN)
        .height(_GRAPH_HEIGHT)
        .draw_style(GraphDrawStyle.LINE)
        .legend(
            common.VizLegendOptions()
            .show_legend(True)
            .display_mode(LegendDisplayMode.LIST)
            .placement(LegendPlacement.BOTTOM)
        )
        .tooltip(
            common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING)
        )
        .fill_opacity(40 if stacked else 8)
    )
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    for name, (legend, query) in zip(ascii_uppercase, queries.items(), strict=False):
        panel = panel.with_target(_target(query, legend, name))
    return panel


def rate(metric: str, *by: str) -> str:
    """Return the query of a counter's rate a second, over all processes."""
    return f"{_sum(by)} (rate({metric}{_RATE}))"


def quantile(share: float, histogram: str, *by: str) -> str:
    """Return the query of a histogram's quantile, over all processes."""
    buckets = f"{_sum((*by, 'le'))} (rate({histogram}_bucket{_RATE}))"
    return f"histogram_quantile({share}, {buckets})"


def mean(histogram: str) -> str:
    """Return the query of a histogram's mean, over all processes."""
    return f"sum (rate({histogram}_sum{_RATE})) / sum (rate({histogram}_count{_RATE}))"


def cluster(metric: str, *by: str) -> str:
    """Return the query of a gauge that every scheduler tells of the whole cluster."""
    return f"max by ({', '.join(by)}) ({metric})" if by else f"max ({metric})"


def _sum(by: tuple[str, ...]) -> str:
    return f"sum by ({', '.join(by)})" if by else "sum"


def _target(query: str, legend: str, name: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(query).legend_format(legend).ref_id(name)
