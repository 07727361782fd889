"""docs/channels.md from the specs of `dag.channels`: `python -m treadle.dag.channel_docs FILE`.

A test holds the file to what this writes.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from treadle.core.field_docs import field_lines
from treadle.dag.channels import CHANNELS, PLANNED, ChannelSpec, Inbound

_HEAD = """# Channels

Written by `python -m treadle.dag.channel_docs docs/channels.md` from `dag/channels/`; edit those.

How a question reaches people is what `channel_type` of a node that asks names; what happens to a
question then is in [semantics](semantics.md)."""

_COMES = {
    Inbound.INBOX: "in the inbox (API, `treadle inbox`)",
    Inbound.LINK: "by whoever holds the link that was sent",
}


def markdown() -> str:
    """Return the page."""
    lines = [_HEAD]
    for spec in CHANNELS.values():
        lines += ["", f"## `{spec.name}`", "", *_section(spec)]
    planned = ", ".join(f"`{name}`" for name in PLANNED)
    return "\n".join([*lines, "", "## Known and not yet available", "", f"{planned}."]) + "\n"


def _section(spec: ChannelSpec[Any]) -> Iterator[str]:
    yield spec.description
    yield ""
    sent = "sent, and tried again until its end" if spec.is_sent else "not sent"
    yield f"- A question is {sent}."
    yield f"- Answers come {' or '.join(_COMES[way] for way in Inbound if way in spec.inbound)}."
    if spec.carries is not None:
        yield f"- It carries questions of these types: {', '.join(sorted(spec.carries))}."
    if spec.answers_with is not None:
        yield f"- An answer by it can say: {', '.join(sorted(spec.answers_with))}."
    for name, said in field_lines(spec.fields).items():
        needed = " (needed)" if name in spec.needed else ""
        yield f"- `{name}`{needed}: {said.removeprefix(f'`{spec.name}`: ')}"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(markdown(), encoding="utf-8")
