"""The problems that checks find: bounded, in order, without duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from treadle.dag.problems import Hints, Problem, Step


class Report:
    """The problems and warnings of one document."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[tuple[str, str], Problem] = {}
        self._dropped = 0
        self.hints = Hints()
        self.warnings: list[Problem] = []

    def __bool__(self) -> bool:
        """Return whether any problem was found."""
        return bool(self._found)

    def add(self, problem: Problem) -> None:
        """Add a problem; the same reason at the same path counts once."""
        key = (problem.path, problem.reason)
        if key in self._found:
            return
        if len(self._found) < self._limit:
            self._found[key] = problem
        else:
            self._dropped += 1

    def extend(self, problems: Iterable[Problem]) -> None:
        """Add several problems."""
        for problem in problems:
            self.add(problem)

    def under(self, *steps: Step) -> Callable[[Problem], None]:
        """Return a sink for problems whose paths are relative to `steps`."""
        return lambda problem: self.add(problem.under(*steps))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All problems, in the order they were found."""
        found = tuple(self._found.values())
        if not self._dropped:
            return found
        rest = Problem(
            "",
            "too_many_problems",
            f"There are {self._dropped:,} more problems.",
            "Fix the listed ones, then validate again.",
        )
        return (*found, rest)
