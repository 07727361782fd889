"""Big workflows of the shapes that scientific pipelines have, 50 to 5,000 nodes.

Each shape is a function from its size to layers of jobs and what each job waits for; `scientific`
makes a workflow document of it. A job adds 1 to the sum of what its parents found, modulo a prime,
so that a lost, doubled or misrouted value changes the output. The shapes follow the published
descriptions of five Pegasus workflows: Montage, Epigenomics, CyberShake, LIGO Inspiral and
1000 Genomes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Jobs = dict[str, list[str]]
"""What each job waits for, by job; nothing stands for the start."""

#: What figures are taken modulo, so that they stay small however many paths lead to a job.
MODULUS = 1_000_003


def scientific(shape: str, size: int, *, task: str | None = None) -> dict[str, Any]:
    """Return a workflow of one of `SHAPES`, with about `size` nodes.

    Args:
        shape: A name in `SHAPES`.
        size: Nodes wanted; the shape's own arithmetic comes as near as it can.
        task: A task that every job calls as PYTHON_TASK; by default jobs are maps. It gets the
            parents' objects by id (one parent: that object) and `job`, and returns `{"v": …}`.
    """
    jobs = SHAPES[shape](size)
    connections: list[dict[str, Any]] = []
    for job, parents in jobs.items():
        for parent in parents or ["start"]:
            wire = {"id": f"c{len(connections)}", "from_node": parent, "to_node": job}
            connections.append(wire)
    start = {"id": "start", "name": "start", "type": "TRIGGER", "subtype": "MANUAL"}
    return {
        "metadata": {"id": f"{shape}-{size}", "name": f"{shape}-{size}"},
        "nodes": [start, *(_node(job, parents, task) for job, parents in jobs.items())],
        "connections": connections,
        "triggers": ["start"],
    }


def expected_outputs(shape: str, size: int, first: int) -> dict[str, Any]:
    """Return the output for the input `{"v": first}`, reckoned from the shape alone."""
    jobs = SHAPES[shape](size)
    found: dict[str, int] = {}
    for job, parents in jobs.items():
        found[job] = (1 + sum(found[p] for p in parents) + (0 if parents else first)) % MODULUS
    awaited = {parent for parents in jobs.values() for parent in parents}
    return {job: {"v": value} for job, value in found.items() if job not in awaited}


def _node(job: str, parents: list[str], task: str | None) -> dict[str, Any]:
    node: dict[str, Any] = {"id": job, "name": job, "type": "ACTION"}
    if task is not None:
        params = {"job": job}
        return node | {
            "subtype": "PYTHON_TASK",
            "configurations": {"task": task},
            "input_params": params,
        }
    total = "input.v" if len(parents) < 2 else "input.values() | map(attribute='v') | sum"
    value = f"(({total}) + 1) % {MODULUS}"
    return node | {
        "subtype": "DATA_TRANSFORMATION",
        "configurations": {"operation": "map", "field_mapping": {"v": value}},
    }


def montage(size: int) -> Jobs:
    """A mosaic of images: project each, fit the overlaps of neighbours, correct all, add up."""
    images = max(4, (size - 7) // 4)
    jobs: Jobs = {f"project_{i}": [] for i in range(images)}
    pairs = [(i, i + 1) for i in range(images - 1)] + [(i, i + 2) for i in range(images - 2)]
    for i, j in pairs:
        jobs[f"fit_{i}_{j}"] = [f"project_{i}", f"project_{j}"]
    jobs["concat_fit"] = [f"fit_{i}_{j}" for i, j in pairs]
    jobs["background_model"] = ["concat_fit"]
    for i in range(images):
        jobs[f"background_{i}"] = ["background_model", f"project_{i}"]
    jobs["image_table"] = [f"background_{i}" for i in range(images)]
    jobs["add"] = ["image_table", *(f"background_{i}" for i in range(images))]
    jobs["shrink"] = ["add"]
    jobs["picture"] = ["shrink"]
    return jobs


def epigenomics(size: int) -> Jobs:
    """Sequencer lanes, each split into chunks that go through four steps, merged twice."""
    lanes = max(1, min(8, size // 40))
    chunks = max(1, ((size - 4) // lanes - 2) // 4)
    jobs: Jobs = {}
    for lane in range(lanes):
        jobs[f"split_{lane}"] = []
        for chunk in range(chunks):
            parent = f"split_{lane}"
            for step in ("filter", "convert", "pack", "map"):
                jobs[f"{step}_{lane}_{chunk}"] = [parent]
                parent = f"{step}_{lane}_{chunk}"
        jobs[f"merge_{lane}"] = [f"map_{lane}_{chunk}" for chunk in range(chunks)]
    jobs["merge_all"] = [f"merge_{lane}" for lane in range(lanes)]
    jobs["index"] = ["merge_all"]
    jobs["pileup"] = ["index"]
    return jobs


def cybershake(size: int) -> Jobs:
    """Earthquake hazard: two wide stages on few sources, and two archives of everything."""
    sources = max(1, min(20, size // 50))
    ruptures = max(1, ((size - 3) // sources - 1) // 2)
    jobs: Jobs = {f"extract_{s}": [] for s in range(sources)}
    every = [(s, r) for s in range(sources) for r in range(ruptures)]
    for s, r in every:
        jobs[f"seismogram_{s}_{r}"] = [f"extract_{s}"]
    for s, r in every:
        jobs[f"peak_{s}_{r}"] = [f"seismogram_{s}_{r}"]
    jobs["zip_seismograms"] = [f"seismogram_{s}_{r}" for s, r in every]
    jobs["zip_peaks"] = [f"peak_{s}_{r}" for s, r in every]
    return jobs


def ligo(size: int) -> Jobs:
    """A search for inspirals: groups that are matched, compared, and matched again."""
    groups = max(1, min(30, size // 22))
    width = max(1, ((size - 1) // groups - 2) // 4)
    jobs: Jobs = {}
    for g in range(groups):
        members = range(width)
        jobs |= {f"bank_{g}_{m}": [] for m in members}
        jobs |= {f"inspiral_{g}_{m}": [f"bank_{g}_{m}"] for m in members}
        jobs[f"coincide_{g}"] = [f"inspiral_{g}_{m}" for m in members]
        jobs |= {f"trigger_{g}_{m}": [f"coincide_{g}"] for m in members}
        jobs |= {f"inspiral2_{g}_{m}": [f"trigger_{g}_{m}"] for m in members}
        jobs[f"coincide2_{g}"] = [f"inspiral2_{g}_{m}" for m in members]
    return jobs


def genome(size: int) -> Jobs:
    """Chromosomes: many individuals merged, one sifting, and two studies a population on both."""
    populations = 7
    chromosomes = max(1, min(22, size // 100))
    individuals = max(1, (size - 1) // chromosomes - 2 - 2 * populations)
    jobs: Jobs = {}
    for c in range(chromosomes):
        jobs |= {f"individuals_{c}_{i}": [] for i in range(individuals)}
        jobs[f"merge_{c}"] = [f"individuals_{c}_{i}" for i in range(individuals)]
        jobs[f"sifting_{c}"] = []
        for p in range(populations):
            jobs[f"overlap_{c}_{p}"] = [f"merge_{c}", f"sifting_{c}"]
            jobs[f"frequency_{c}_{p}"] = [f"merge_{c}", f"sifting_{c}"]
    return jobs


SHAPES: Mapping[str, Callable[[int], Jobs]] = {
    "montage": montage,
    "epigenomics": epigenomics,
    "cybershake": cybershake,
    "ligo": ligo,
    "genome": genome,
}
