"""`python -m bench`: measure, print a table, and optionally write JSON."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from rich.console import Console

from bench import gateway, models, people, quiet
from bench.cluster import running_cluster
from bench.report import show_gateway, show_models, show_people, show_quiet, show_results
from bench.shapes import SHAPES
from bench.throughput import KINDS, Throughput


def main() -> None:
    """Run the benchmark; see `bench/README.md` for how to read what it prints."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--repeats", type=int, default=3, help="runs of each shape on each side")
    parser.add_argument(
        "--kind", choices=KINDS, action="append", help="kind of nodes; both if not set"
    )
    parser.add_argument("--shape", action="append", help="only shapes with this in their name")
    parser.add_argument("--skip-quiet", action="store_true", help="measure no idle cluster")
    parser.add_argument("--skip-people", action="store_true", help="measure no questions")
    parser.add_argument("--skip-gateway", action="store_true", help="measure no gateway")
    parser.add_argument("--skip-models", action="store_true", help="measure no model calls")
    options = parser.parse_args()
    shapes = [s for s in SHAPES if any(part in s.name for part in options.shape or [""])]
    console = Console(width=max(120, Console().width))
    figures: dict[str, object] = {}
    if not options.skip_models:
        console.print("Measuring nodes that wait for a model…")
        waiting = models.measure()
        show_models(console, waiting)
        figures["models"] = waiting.as_json()
    with running_cluster() as cluster:
        if not options.skip_quiet:
            console.print("Measuring an idle cluster…")
            idle = quiet.measure(cluster)
            show_quiet(console, idle)
            figures["idle"] = idle.as_json()
        throughput = Throughput(cluster)
        throughput.warm_up()
        if not options.skip_people:
            console.print("Measuring executions that wait for people…")
            asking = people.measure(cluster)
            show_people(console, asking)
            figures["people"] = asking.as_json()
        if not options.skip_gateway:
            console.print("Measuring a gateway…")
            served = gateway.measure(cluster)
            show_gateway(console, served)
            figures["gateway"] = served.as_json()
        results = []
        for kind in options.kind or KINDS:
            for shape in shapes:
                console.print(f"Measuring {shape.name} of {kind} nodes: {shape.summary}…")
                results.append(throughput.measure(shape, kind, options.repeats))
    show_results(console, results)
    figures["shapes"] = [each.as_json() for each in results]
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


main()
