"""The table on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.fairness import Waits
from bench.gateway import Served
from bench.models import Models
from bench.people import People
from bench.quiet import Quiet
from bench.scaling import Step
from bench.throughput import Result

#: The targets of the figures.
RATIO_TARGET = 0.5
_TARGETS = {
    "statements_per_second": ("idle: statements/s", "≤ 5"),
    "cpu_percent": ("idle: % of a core", "< 2"),
    "worker_resident_mb": ("idle: MB resident a worker", "< 150"),
    "start_ms": ("submission to start, ms (median)", "≤ 10"),
    "large_submission_seconds": ("10,000 nodes: submission, s", "< 2"),
}
_PEOPLE = {
    "parked_per_second": ("2,000 executions: parked/s", ""),
    "answered_per_second": (
        "2,000 executions: answered and ended/s",
        "DBOS 106, LangGraph 112",
    ),
    "start_ms_p50": ("answer to next node's start, ms (median)", "< 50"),
    "start_ms_p99": ("answer to next node's start, ms (99 %)", ""),
    "redis_bytes": ("10,000 parked: bytes each in Redis", ""),
    "ledger_bytes": ("10,000 parked: bytes each in PostgreSQL", ""),
    "rebuild_seconds": ("10,000: rebuilding the pause table, s", ""),
    "sweep_seconds": ("10,000 due at once: until all are ended, s", ""),
}
_GATEWAY = {
    "submissions_per_second": ("submissions/s over 16 connections", ""),
    "submit_ms_p50": ("a submission among them, ms (median)", ""),
    "submit_ms_p99": ("a submission among them, ms (99 %)", ""),
    "submit_alone_ms_p50": ("a submission alone, ms (median)", ""),
    "submit_alone_ms_p99": ("a submission alone, ms (99 %)", ""),
    "get_alone_ms_p50": ("getting an execution alone, ms (median)", ""),
    "get_alone_ms_p99": ("getting an execution alone, ms (99 %)", ""),
    "event_ms_p50": ("commit to live reader, ms (median)", ""),
    "event_ms_p99": ("commit to live reader, ms (99 %)", ""),
}
_MODELS = {
    "first_seconds": ("the first node, which loads the SDK, s", ""),
    "all_seconds": ("200 nodes of 1 s, one process: s", "< 4"),
    "worker_cpu_seconds": ("CPU time of the process, s", ""),
    "reports": ("progress events", ""),
    "resident_mb": ("MB resident afterwards", ""),
}
_COLUMNS = (
    "raw nodes/s", "nodes/s", "ratio", "raw CPU ms", "CPU ms", "CPU ratio", "commits", "rows",
    "WAL bytes", "hop ms",
)  # fmt: skip
_HOP_TARGETS = (
    "lone chain: commits a hop ≤ 2, median hop < 5 ms; bursts: ratio ≥ 0.5; sustained: ratio ≥ 1"
)


def show_quiet(console: Console, quiet: Quiet) -> None:
    """Print the figures of the idle cluster beside their targets."""
    table = Table("figure", "measured", "target", title="An idle cluster")
    for name, (title, target) in _TARGETS.items():
        table.add_row(title, f"{getattr(quiet, name):.2f}", target)
    console.print(table)


def show_people(console: Console, people: People) -> None:
    """Print the figures of waiting for people."""
    table = Table("figure", "measured", "target", title="Executions that wait for people")
    for name, (title, target) in _PEOPLE.items():
        table.add_row(title, f"{getattr(people, name):,.2f}", target)
    console.print(table)


def show_gateway(console: Console, served: Served) -> None:
    """Print the figures of the gateway."""
    table = Table("figure", "measured", "target", title="The gateway")
    for name, (title, target) in _GATEWAY.items():
        table.add_row(title, f"{getattr(served, name):,.2f}", target)
    console.print(table)


def show_models(console: Console, models: Models) -> None:
    """Print the figures of waiting for models."""
    table = Table("figure", "measured", "target", title="Nodes that wait for a model")
    for name, (title, target) in _MODELS.items():
        table.add_row(title, f"{getattr(models, name):,.2f}", target)
    console.print(table)


def show_fairness(console: Console, waits: Sequence[Waits]) -> None:
    """Print how long another owner's node waited behind each flood."""
    table = Table("behind", "median, s", "longest, s", "target, s", title="Another owner's node")
    for each in waits:
        target = f"< {2 + each.node_seconds:g}"
        table.add_row(
            each.flood, f"{each.median_seconds:.2f}", f"{each.longest_seconds:.2f}", target
        )
    console.print(table)


def show_scaling(console: Console, steps: Sequence[Step]) -> None:
    """Print what a node costs at each step, beside the first step of its series."""
    table = Table("grows", "step", title="What a node costs as the load grows")
    for title in ("nodes", "nodes/s", "CPU ms", "of the first"):
        table.add_column(title, justify="right")
    table.caption = "CPU time a node: within 1.20 of the first step of its series"
    firsts: dict[str, Step] = {}
    for each in steps:
        first = firsts.setdefault(each.series, each)
        table.add_row(
            each.series,
            each.name,
            f"{each.nodes:,}",
            f"{each.nodes_per_second:,.0f}",
            f"{each.cpu_ms_per_node:.2f}",
            f"{each.cpu_ms_per_node / first.cpu_ms_per_node:.2f}",
        )
    console.print(table)


def show_results(console: Console, load: str, results: Sequence[Result]) -> None:
    """Print the figures of each shape under one load: a burst, or sustained."""
    title = f"Treadle beside raw Dramatiq: {load}"
    table = Table("shape", "nodes", title=title, caption=_HOP_TARGETS)
    for title in _COLUMNS:
        table.add_column(title, justify="right")
    for each in results:
        table.add_row(
            each.shape,
            each.kind,
            f"{each.raw_nodes_per_second:,.0f}",
            f"{each.nodes_per_second:,.0f}",
            f"{each.ratio:.2f}",
            f"{each.raw_cpu_ms_per_node:.2f}",
            f"{each.cpu_ms_per_node:.2f}",
            f"{each.raw_cpu_ms_per_node / each.cpu_ms_per_node:.2f}",
            f"{each.commits_per_node:.2f}",
            f"{each.rows_per_node:.2f}",
            f"{each.wal_bytes_per_node:,.0f}",
            "" if each.hop_ms is None else f"{each.hop_ms:.2f}",
        )
    console.print(table)
