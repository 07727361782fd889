"""docs/events.md from the list in `dag.events`: `python -m treadle.dag.event_docs docs/events.md`.

A test holds the file to what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from treadle.dag.events import EVENTS, EventSpec

_HEAD = """# Events

Written by `python -m treadle.dag.event_docs docs/events.md` from `dag/events.py`; edit that.

The history of an execution, in order and numbered without a gap. Each event is `{seq, event_type,
execution_id, timestamp, data}`; how to read them as they come is in
[a guide](guides/follow-live.md)."""


def markdown() -> str:
    """Return the page."""
    rows = [
        f"| `{each.name}` | {each.description} | {'<br>'.join(_data(each))} |"
        for each in EVENTS.values()
    ]
    return "\n".join([_HEAD, "", "| event | when | data |", "|---|---|---|", *rows]) + "\n"


def _data(spec: EventSpec) -> Iterator[str]:
    for each in spec.data:
        sometimes = ", not always" if each.is_optional else ""
        yield f"`{each.name}`: {each.description}{sometimes}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
