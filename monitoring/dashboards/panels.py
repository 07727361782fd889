"""Panels: the panel types of the dashboards, and the queries that they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from zlib import crc32

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, timeseries
from grafana_foundation_sdk.models.common import (
    BigValueGraphMode,
    GraphDrawStyle,
    GraphTresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    Threshold,
    ThresholdsMode,
)

from treadle.monitoring.dashboards.alerts import Alert, alert
from treadle.monitoring.dashboards.variables import (
    SOURCE,
    limited,
    of_cluster,
    of_documentation,
    of_queue,
)

#: A row of the grid has 24 columns.
_STAT_SPAN, _STAT_HEIGHT = 4, 4
_GRAPH_SPAN, _GRAPH_HEIGHT = 12, 8
_RATE = "[$__rate_interval]"

Panel = stat.Panel | timeseries.Panel


def page(
    uid: str, title: str, description: str, rows: Mapping[str, list[Panel]]
) -> dashboard.Dashboard:
    """Return a dashboard of panels in rows with titles."""
    board = (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags(["treadle"])
        .time("now-1h", "now")
        .refresh("10s")
        .readonly()
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(of_cluster())
        .with_variable(of_queue())
        .with_variable(of_documentation())
        .link(
            dashboard.DashboardLink("Treadle's dashboards")
            .type(DashboardLinkType.DASHBOARDS)
            .tags(["treadle"])
            .include_vars(True)
            .keep_time(True)
        )
    )
    for row, panels in rows.items():
        board = board.with_row(dashboard.Row(row))
        for panel in panels:
            board = board.with_panel(panel)
    return board


def number(
    title: str,
    description: str,
    query: str,
    unit: str = "short",
    *,
    bad: float | None = None,
    alerts: Sequence[str] = (),
) -> stat.Panel:
    """Return a panel that shows the current value of one query.

    It is red from `bad` on, or where the first of its alerts begins.
    """
    about = [alert(name) for name in alerts]
    return (
        stat.Panel()
        .id(panel_id(title))
        .title(title)
        .links([_runbook(each) for each in about])
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(_STAT_SPAN)
        .height(_STAT_HEIGHT)
        .graph_mode(BigValueGraphMode.AREA)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(_thresholds(about, bad))
        .with_target(_target(query, title, "A"))
    )


def graph(
    title: str,
    description: str,
    queries: Mapping[str, str],
    unit: str = "short",
    *,
    stacked: bool = False,
    alerts: Sequence[str] = (),
) -> timeseries.Panel:
    """Return a panel of lines over time; `queries` by the legend of their line.

    It leads to the runbooks of its alerts, and has a line where the first of them begins.
    """
    about = [alert(name) for name in alerts]
    panel = (
        timeseries.Panel()
        .id(panel_id(title))
        .title(title)
        .links([_runbook(each) for each in about])
        .description(description)
        .datasource(SOURCE)
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
    if any(each.threshold for each in about):
        style = common.GraphThresholdsStyleConfig().mode(GraphTresholdsStyleMode.LINE)
        panel = panel.thresholds(_thresholds(about)).thresholds_style(style)
    if stacked:
        panel = panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL))
    for name, (legend, query) in zip(ascii_uppercase, queries.items(), strict=False):
        panel = panel.with_target(_target(query, legend, name))
    return panel


def panel_id(title: str) -> int:
    """Return the number of a panel in addresses: the same as long as its title is."""
    return crc32(title.encode()) % 1_000_000


def rate(metric: str, *by: str) -> str:
    """Return the query of a counter's rate per second, over all processes."""
    return f"{_sum(by)} (rate({metric}{_RATE}))"


def quantile(share: float, histogram: str, *by: str) -> str:
    """Return the query of a histogram's quantile, over all processes."""
    buckets = f"{_sum((*by, 'le'))} (rate({histogram}_bucket{_RATE}))"
    return f"histogram_quantile({share}, {buckets})"


def mean(histogram: str) -> str:
    """Return the query of a histogram's mean, over all processes."""
    return f"sum (rate({histogram}_sum{_RATE})) / sum (rate({histogram}_count{_RATE}))"


def cluster(metric: str, *by: str) -> str:
    """Return the query of a gauge of the whole cluster, which every scheduler reports."""
    return f"max by ({', '.join(by)}) ({metric})" if by else f"max ({metric})"


def _thresholds(alerts: Sequence[Alert], bad: float | None = None) -> dashboard.ThresholdsConfig:
    """Return where a panel turns red."""
    is_above = True
    for each in alerts[:1]:
        is_above, bad = each.is_bad_above, each.threshold or bad
    below, above = ("green", "red") if is_above else ("red", "green")
    steps = [Threshold(None, below if bad is not None else "green")]
    if bad is not None:
        steps.append(Threshold(bad, above))
    return dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _runbook(of: Alert) -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink(f"Runbook: {of.name}")
        .type(DashboardLinkType.LINK)
        .url(f"${{documentation}}/{of.runbook}")
        .target_blank(True)
    )


def _sum(by: tuple[str, ...]) -> str:
    return f"sum by ({', '.join(by)})" if by else "sum"


def _target(query: str, legend: str, name: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(limited(query)).legend_format(legend).ref_id(name)
