"""Rates from the ledger: nodes settled in each second, and how long until they are back."""

from __future__ import annotations

from collections import Counter
from statistics import median

#: What counts as back: this part of the rate before, as a mean of so many seconds.
BACK, WINDOW_SECONDS = 0.95, 10


class Rates:
    """Nodes by the second in which they settled."""

    def __init__(self, settled: Counter[int]) -> None:
        self._settled = settled

    def median(self, begin: float, end: float) -> float:
        """Return the median of the seconds that lie between two times."""
        return float(median(self.between(begin, end) or [0]))

    def mean(self, begin: float, end: float) -> float:
        """Return the mean of the seconds that lie between two times."""
        seconds = self.between(begin, end)
        return sum(seconds) / len(seconds) if seconds else 0.0

    def between(self, begin: float, end: float) -> list[int]:
        """Return the nodes of each whole second between two times."""
        return [self._settled[second] for second in range(int(begin) + 1, int(end))]

    def seconds_to_recover(self, since: float, until: float, before: float) -> float | None:
        """Return the seconds after `since` at which ten seconds of a full rate begin.

        Args:
            since: when the fault was over.
            until: when the next one began.
            before: the median rate before all faults.

        Returns: `None` if the rate did not come back by `until`.
        """
        for second in range(int(since) + 1, int(until) - WINDOW_SECONDS + 1):
            window = [self._settled[second + offset] for offset in range(WINDOW_SECONDS)]
            if sum(window) / WINDOW_SECONDS >= BACK * before:
                return max(0.0, second - since)
        return None
