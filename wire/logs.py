"""What tasks print and log, on the wire."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from treadle.dag.log_streams import LogStream
from treadle.dag.model import Milliseconds
from treadle.wire.objects import WireObject

_LINE: dict[str, Any] = {
    "seq": 1,
    "timestamp": 1_767_225_600_000,
    "node_id": "fetch",
    "scope": "",
    "attempt": 1,
    "stream": "stdout",
    "level": None,
    "logger": None,
    "text": "200 rows",
}


class LogLine(WireObject):
    """A line that a task printed or logged."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LINE]})

    seq: Annotated[int, Field(ge=1)]
    """Its number in its execution, from 1 without gaps."""
    timestamp: Milliseconds
    node_id: str
    scope: str
    """Empty for the root; `each_item:3` is the fourth iteration of the loop `each_item`."""
    attempt: int
    """Rises at each try of the node."""
    stream: Annotated[LogStream, Field(strict=False)]
    """`log` for what came through Python's `logging`, else where it was printed to."""
    level: str | None
    """Of a line that was logged, such as `INFO`."""
    logger: str | None
    """The name of the logger of a line that was logged."""
    text: str
    """Without its line break, and with `***` in place of secrets."""


class LogLines(WireObject):
    """A page of lines, in order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"lines": [_LINE], "after": 1, "left_out": 0}]}
    )

    lines: list[LogLine]
    after: int
    """The `after` of the next request; unchanged while there are no new lines."""
    left_out: int
    """Lines after those of this page that were not kept: the execution has no room for more."""
