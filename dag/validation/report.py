"""The problems that checks find: bounded, in order, without duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from treadle.dag.problems import Hints, Problem, Step

#: Bytes of text that the problems of one document may have together, about; warnings too.
TEXT_BYTES = 512 * 1024


class Report:
    """The problems and warnings of one document."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._found: dict[tuple[str, str], Problem] = {}
        self._dropped = 0
        self._bytes_left = TEXT_BYTES
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
        if len(self._found) < self._limit and self._bytes_left > 0:
            self._found[key] = problem
            self._bytes_left -= _size(problem)
        else:
            self._dropped += 1

    def warn(self, problem: Problem) -> None:
        """Add a warning, as long as there is room."""
        if self._bytes_left > 0:
            self.warnings.append(problem)
            self._bytes_left -= _size(problem)

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


def _size(problem: Problem) -> int:
    return len(problem.path) + len(problem.message) + len(problem.solution)
