"""`python -m bench.faults`: hurt a busy cluster for some minutes; see bench/README.md."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from random import Random

from bench.faults.cell import OWNER, Cell
from bench.faults.kinds import FAULTS, NEEDS_DISK, Fault, in_order
from bench.faults.load import Load
from bench.faults.processors import Processors
from bench.faults.rates import Rates
from bench.faults.report import Happened, Phase, Run, State, lines

#: Seconds before the first measurement, for caches, pools and plans.
_WARM_UP_SECONDS = 20.0
#: Part of a run that is before the faults, and after them; at least and at most so many seconds.
_CALM_PART, _CALM_SECONDS = 0.15, (60.0, 120.0)
#: Seconds from the end of a fault to the next one.
_GAP_SECONDS = 30.0
#: Seconds for all executions in progress to end.
_DRAIN_SECONDS = 180.0


def main() -> int:
    """Run, print, and return the exit status: 1 if something is lost or the rate stays down."""
    asked = _arguments()
    with ExitStack() as stack:
        folder = asked.keep or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="treadle-faults-"))
        )
        folder.mkdir(parents=True, exist_ok=True)
        run = measure(folder.absolute(), asked)
    print("\n".join(lines(run)), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps(run.as_json(), indent=1) + "\n")
    return 0 if run.is_well else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long it takes in all")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the faults")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--only", action="append", help="only faults with this in their name")
    parser.add_argument("--gap", type=float, default=_GAP_SECONDS, help="seconds between faults")
    parser.add_argument("--calm", type=float, help="seconds before and after the faults")
    parser.add_argument("--warm-up", type=float, default=_WARM_UP_SECONDS, help="in seconds")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep logs and data there")
    return parser.parse_args()


def measure(folder: Path, asked: argparse.Namespace) -> Run:
    """Run a cluster under load, hurt it, and return what was found."""
    cell = Cell(folder)
    with cell.running():
        began = time.time()
        load = Load(cell)
        processors = Processors()
        try:
            load.start()
            time.sleep(asked.warm_up)
            before, after, happened, states = _phases(cell, load, asked, began)
            load.drain(_DRAIN_SECONDS)
        finally:
            load.close()
            processors.close()
        phases = (before, (before[1], after[0]), after)
        return Run(
            seed=asked.seed,
            began=began,
            before=before,
            after=after,
            happened=happened,
            states=states,
            cores=[processors.cores(*phase) for phase in phases],
            speeds=[processors.speed(*phase) for phase in phases],
            settled=load.settled,
            ended=load.ended,
            problems=load.problems + _unexpected(cell),
            answers=load.answers,
            complaints=cell.diary.complaints,
            ends=cell.diary.ends.copy(),
        )


def _phases(
    cell: Cell, load: Load, asked: argparse.Namespace, began: float
) -> tuple[Phase, Phase, list[Happened], tuple[State, State]]:
    """Go through the time before the faults, the faults, and the time after them."""
    least, most = _CALM_SECONDS
    calm = asked.calm or min(most, max(least, _CALM_PART * 60 * asked.minutes))
    before = _calm(calm)
    first = _state(cell)
    _say(began, f"before: {_rate(load, before):,.0f} nodes/s")
    happened = _hurt(cell, load, asked, began, before[1] + 60 * asked.minutes - 2 * calm)
    after = _calm(calm)
    _say(began, f"after: {_rate(load, after):,.0f} nodes/s")
    return before, after, happened, (first, _state(cell))


def _calm(seconds: float) -> Phase:
    begin = time.time()
    time.sleep(seconds)
    return begin, time.time()


def _hurt(
    cell: Cell, load: Load, asked: argparse.Namespace, began: float, end: float
) -> list[Happened]:
    """Do one fault after the other until there is no time for another."""
    names = [name for name in FAULTS if any(part in name for part in asked.only or [""])]
    if cell.no_disk and NEEDS_DISK in names:
        names.remove(NEEDS_DISK)
        _say(began, f"skipped, {NEEDS_DISK}: {cell.no_disk}")
    chance = Random(asked.seed)
    happened: list[Happened] = []
    order: cycle[Fault] = cycle(in_order(names, chance, rounds=20))
    missing = set(names)
    while time.time() < end:
        fault = next(order)
        missing.discard(fault.name)
        start = time.time()
        try:
            fault.act(cell, chance)
        except Exception as error:  # noqa: BLE001 - the run goes on, and is not well
            load.problems.append(f"{fault.name}: {error!r}")
        gone = time.time()
        until = gone + min(asked.gap, max(0.0, end - gone))
        time.sleep(max(0.0, until - time.time()))
        workers = [mb for name, mb in cell.memory().items() if name.startswith("worker")]
        now = Happened(
            fault.name, start, gone, time.time(), max(workers, default=0.0), os.getloadavg()[0]
        )
        happened.append(now)
        _say(began, _progress(now, load))
    if missing:
        _say(began, f"too short for {len(missing)} kinds:")
        for name in sorted(missing):
            _say(began, f"  {name}")
    return happened


def _progress(now: Happened, load: Load) -> str:
    """Return a line about a fault that was done."""
    rate = Rates(load.settled_by_now()).mean(now.ended, now.until - 1)
    return (
        f"{now.name:<25}{rate:>5,.0f} nodes/s, {now.megabytes:3.0f} MB,"
        f" load {now.load_average:.0f}, {len(load.problems)} wrong"
    )


def _unexpected(cell: Cell) -> list[str]:
    """Return the ends of processes that no fault brought about, and tracebacks."""
    problems = [f"a traceback: {line[:300]}" for line in cell.diary.tracebacks]
    for end, times in cell.diary.ends.items():
        name, _, status = end.partition(" ")
        by_faults = cell.killed[name] if status == "137" else 0
        if times > by_faults:
            problems.append(f"{name} ended {times} times with {status}, {by_faults} by faults")
    return problems


def _rate(load: Load, phase: Phase) -> float:
    return Rates(load.settled_by_now()).median(*phase)


def _state(cell: Cell) -> State:
    with cell.session() as session:
        found = session.execute(
            "select count(*) from pg_stat_activity"
            " where backend_type = 'client backend' and application_name <> %s",
            (OWNER,),
        ).fetchone()
    return State(cell.memory(), found[0] if found else 0)


def _say(began: float, line: str) -> None:
    print(f"{time.time() - began:6.0f} s  {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
