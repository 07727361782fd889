"""What a fault run comes to, as lines of at most 80 columns and as JSON."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from statistics import median
from textwrap import wrap
from typing import Any, TypeAlias

from bench.faults.rates import Rates

#: Seconds after the last fault by which the rate must be what it was.
ALLOWED_SECONDS = 60.0

Phase: TypeAlias = tuple[float, float]
"""When a part of the run began and ended."""


@dataclass(frozen=True)
class Happened:
    """One fault that was done."""

    name: str
    began: float
    ended: float
    """When its cause was gone."""
    until: float
    """When the next one began, or the run ended."""
    megabytes: float
    """Resident memory of the largest worker at the end."""
    load_average: float
    """Of the machine, over a minute, at the end."""


@dataclass(frozen=True)
class State:
    """What the processes hold at one time."""

    megabytes: dict[str, float]
    """Resident memory, by process."""
    sessions: int
    """Of Treadle's, in PostgreSQL."""


@dataclass
class Run:
    """All that was measured and found."""

    seed: int
    began: float
    before: Phase
    after: Phase
    happened: list[Happened]
    states: tuple[State, State]
    """Before and after."""
    cores: list[float]
    """Cores that all of the run had, the load included: before, during and after."""
    speeds: list[float]
    """How fast they were in the same phases, in a unit of no matter."""
    settled: Counter[int]
    ended: Counter[str]
    problems: list[str]
    answers: Counter[str]
    complaints: Counter[str]
    ends: Counter[str] = field(default_factory=Counter)
    """Ends of processes by faults and else, by name and status."""

    @property
    def rates(self) -> Rates:
        return Rates(self.settled)

    @property
    def rate_before(self) -> float:
        return self.rates.median(*self.before)

    @property
    def recovered(self) -> float | None:
        """Seconds after the last fault until the rate was back."""
        if not self.happened:
            return 0.0
        last = self.happened[-1].ended
        return self.rates.seconds_to_recover(last, self.after[1], self.rate_before)

    @property
    def is_well(self) -> bool:
        """Whether nothing was lost, and the rate came back in time."""
        back = self.recovered
        return not self.problems and back is not None and back <= ALLOWED_SECONDS

    def as_json(self) -> dict[str, Any]:
        first = min(self.settled, default=0)
        last = max(self.settled, default=0)
        return {
            "seed": self.seed,
            "is_well": self.is_well,
            "rate_before": self.rate_before,
            "rate_during": self.rates.median(self.before[1], self.after[0]),
            "rate_after": self.rates.median(*self.after),
            "seconds_to_recover": self.recovered,
            "cores": self.cores,
            "speeds": self.speeds,
            "before": self.before,
            "after": self.after,
            "faults": [asdict(each) for each in self.happened],
            "states": [asdict(each) for each in self.states],
            "executions": dict(self.ended),
            "problems": self.problems,
            "answers": dict(self.answers),
            "complaints": dict(self.complaints),
            "ends": dict(self.ends),
            "first_second": first,
            "settled_by_second": [self.settled[second] for second in range(first, last + 1)],
        }


def lines(run: Run) -> list[str]:
    """Return the table, the phases and the verdict."""
    return [*_table(run), "", *_phases(run), "", *_wrapped(_verdict(run))]


def _wrapped(long: list[str]) -> list[str]:
    return [part for line in long for part in wrap(line, 80, subsequent_indent="  ")]


def _table(run: Run) -> list[str]:
    kinds = defaultdict[str, list[Happened]](list)
    for each in run.happened:
        kinds[each.name].append(each)
    found = [f"{'fault':<26}{'times':>6}{'nodes/s':>9}{'30 s after':>12}{'back after':>14}"]
    for name, times in sorted(kinds.items()):
        during = [run.rates.mean(each.began, each.ended) for each in times]
        after = [run.rates.mean(each.ended, min(each.ended + 30, each.until)) for each in times]
        backs = [
            run.rates.seconds_to_recover(each.ended, each.until, run.rate_before) for each in times
        ]
        known = [back for back in backs if back is not None]
        back = "not in time" if len(known) < len(backs) else f"{max(known):.0f} s"
        lasted = f"{median(during):>9,.0f}" if times[0].ended - times[0].began > 2 else f"{'':>9}"
        found.append(f"{name:<26}{len(times):>6}{lasted}{median(after):>12,.0f}{back:>14}")
    return found


def _phases(run: Run) -> list[str]:
    head = f"{'':<10}{'nodes/s':>9}{'of before':>11}{'seconds':>9}{'cores':>7}{'their speed':>13}"
    found = [f"{head}{'nodes/CPU s':>13}"]
    during = (run.before[1], run.after[0])
    phases = (("before", run.before), ("during", during), ("after", run.after))
    for (name, (begin, end)), cores, speed in zip(phases, run.cores, run.speeds, strict=True):
        rate = run.rates.median(begin, end)
        part = rate / run.rate_before if run.rate_before else 0.0
        each = run.rates.mean(begin, end) / cores if cores else 0.0
        relative = speed / run.speeds[0] if run.speeds[0] else 0.0
        line = f"{name:<10}{rate:>9,.0f}{part:>10.0%} {end - begin:>9,.0f}{cores:>7.2f}"
        found.append(f"{line}{relative:>12.0%} {each:>13,.0f}")
    one, two = run.states
    found.append(f"PostgreSQL's sessions: {one.sessions} before, {two.sessions} after")
    for kind in ("worker", "scheduler", "gateway", "planner"):
        sizes = [
            max((mb for name, mb in state.megabytes.items() if name.startswith(kind)), default=0.0)
            for state in (one, two)
        ]
        found.append(f"largest {kind}: {sizes[0]:.0f} MB before, {sizes[1]:.0f} MB after")
    return found


def _verdict(run: Run) -> list[str]:
    found = [f"executions: {sum(run.ended.values()):,} ended ({_counts(run.ended)})"]
    found.append(f"nodes: {sum(run.settled.values()):,}")
    found.append(f"gateways, not 2xx: {_counts(run.answers)}")
    found.append(f"ERROR lines: {_counts(run.complaints)}")
    found.append(f"ends of processes: {_counts(run.ends)}")
    back = run.recovered
    said = "not within the run" if back is None else f"{back:.0f} s after the last fault"
    found.append(f"the rate was back: {said}")
    found += [f"PROBLEM {each}" for each in run.problems[:20]]
    if len(run.problems) > 20:
        found.append(f"… and {len(run.problems) - 20} further problems")
    found.append("well" if run.is_well else "NOT WELL")
    return found


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counted.most_common()) or "none"
