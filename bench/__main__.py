"""`python -m bench`: measure, print a table, and optionally write JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from bench import fairness, gateway, models, people, quiet, scaling
from bench.cluster import running_cluster
from bench.report import (
    show_fairness,
    show_gateway,
    show_models,
    show_people,
    show_quiet,
    show_results,
    show_scaling,
)
from bench.shapes import SHAPES, SUSTAINED
from bench.throughput import KINDS, Throughput

#: A burst is over before idle consumers are all awake; a sustained load is some 20,000 nodes.
LOADS = {"bursts": SHAPES, "sustained": SUSTAINED}


def main() -> None:
    """Run the benchmark; see `bench/README.md` for how to read what it prints."""
    asked = _arguments()
    console = Console(width=max(120, Console().width))
    figures = _measured(asked, console)
    if asked.json:
        asked.json.write_text(json.dumps(figures, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each shape on each side")
    parser.add_argument(
        "--kind", choices=KINDS, action="append", help="kind of nodes; both if not set"
    )
    parser.add_argument(
        "--load", choices=LOADS, action="append", help="bursts or sustained; both if not set"
    )
    parser.add_argument("--shape", action="append", help="only shapes with this in their name")
    parser.add_argument("--skip-quiet", action="store_true", help="measure no idle cluster")
    parser.add_argument("--skip-people", action="store_true", help="measure no questions")
    parser.add_argument("--skip-gateway", action="store_true", help="measure no gateway")
    parser.add_argument("--skip-fairness", action="store_true", help="measure no floods")
    parser.add_argument("--skip-scaling", action="store_true", help="measure no growing loads")
    parser.add_argument("--skip-models", action="store_true", help="measure no model calls")
    return parser.parse_args()


def _measured(asked: argparse.Namespace, console: Console) -> dict[str, object]:
    """Measure what was asked for, show it, and return all figures."""
    figures: dict[str, object] = {}
    if not asked.skip_models:
        console.print("Measuring nodes that wait for a model…")
        waiting = models.measure()
        show_models(console, waiting)
        figures["models"] = waiting.as_json()
    with running_cluster() as cluster:
        if not asked.skip_quiet:
            console.print("Measuring an idle cluster…")
            idle = quiet.measure(cluster)
            show_quiet(console, idle)
            figures["idle"] = idle.as_json()
        throughput = Throughput(cluster)
        throughput.warm_up()
        if not asked.skip_people:
            console.print("Measuring executions that wait for people…")
            asking = people.measure(cluster)
            show_people(console, asking)
            figures["people"] = asking.as_json()
        if not asked.skip_gateway:
            console.print("Measuring a gateway…")
            served = gateway.measure(cluster)
            show_gateway(console, served)
            figures["gateway"] = served.as_json()
        if not asked.skip_fairness:
            waits = []
            for flood in fairness.FLOODS:
                console.print(f"Measuring another owner's node behind {flood.name}…")
                waits.append(fairness.measure(cluster, flood))
            show_fairness(console, waits)
            figures["fairness"] = [each.as_json() for each in waits]
        figures |= _throughput(asked, console, throughput)
    if not asked.skip_scaling:
        console.print("Measuring what a node costs as the load grows…")
        steps = list(scaling.measure())
        show_scaling(console, steps)
        figures["scaling"] = [each.as_json() for each in steps]
    return figures


def _throughput(
    asked: argparse.Namespace, console: Console, throughput: Throughput
) -> dict[str, object]:
    """Measure the loads that were asked for, show them, and return their figures."""
    figures: dict[str, object] = {}
    for load in asked.load or LOADS:
        results = []
        for kind in asked.kind or KINDS:
            for shape in LOADS[load]:
                if any(part in shape.name for part in asked.shape or [""]):
                    console.print(f"Measuring {shape.name} of {kind} nodes: {shape.summary}…")
                    results.append(throughput.measure(shape, kind, asked.repeats))
        show_results(console, load, results)
        figures[load] = [each.as_json() for each in results]
    return figures


main()
