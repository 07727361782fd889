"""A feed: the latest events of one execution that somebody reads, shared by its readers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from treadle.dag.events import FINAL_EVENTS
from treadle.wire.events import Event
from treadle.wire.objects import to_json

#: Bytes of events that a feed keeps; a reader further behind reads from the ledger.
_KEPT_BYTES = 512 * 1024


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event, encoded for its readers."""

    seq: int
    text: bytes
    """As a server-sent event."""
    final: bool
    """Whether it is the last of its execution."""


def encoded(event: Event) -> LiveEvent:
    """Return an event, encoded for its readers."""
    kind = event.event_type
    text = b"id: %d\nevent: %s\ndata: %s\n\n" % (event.seq, kind.encode(), to_json(event))
    return LiveEvent(event.seq, text, kind in FINAL_EVENTS)


class Feed:
    """The latest events of one execution; used in one event loop only."""

    def __init__(self, execution_id: UUID, last: int) -> None:
        self.execution_id = execution_id
        self.last = last
        """The seq up to which events were published here."""
        self.readers = 0
        self._kept: deque[LiveEvent] = deque()
        self._bytes = 0
        self._changed = asyncio.Event()

    def publish(self, events: Sequence[LiveEvent]) -> None:
        """Add the events that follow the last one, and wake the readers that wait."""
        for each in events:
            assert each.seq == self.last + 1  # invariant 5
            self._kept.append(each)
            self._bytes += len(each.text)
            self.last = each.seq
        while self._bytes > _KEPT_BYTES:
            self._bytes -= len(self._kept.popleft().text)
        self.wake()

    def wake(self) -> None:
        """Have every reader that waits look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def after(self, seq: int) -> list[LiveEvent] | None:
        """Return the events after `seq`; `None` if not all of them are kept here."""
        if seq >= self.last:
            return []
        if not self._kept or seq + 1 < self._kept[0].seq:
            return None
        return [each for each in self._kept if each.seq > seq]

    async def changed(self, seconds: float) -> bool:
        """Return when there may be something new; `False` if there was not for so long."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True
