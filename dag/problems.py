"""Problems: what is wrong with a document, where, and how to fix it. Values, never exceptions."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

Step = str | int
"""One step into a JSON document: an object's key or a list's index."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")

#: Characters of a quoted name or value that a message shows; the rest is cut.
SHOWN = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong (or, as a warning, doubtful) in a document."""

    path: str
    """Where, as a JSON path: `nodes[1].configurations.url`; empty for the document itself."""
    reason: str
    """Why, for programs; lower snake case, part of the public contract."""
    message: str
    """What is wrong, in a sentence."""
    solution: str
    """How to fix it."""

    def under(self, *steps: Step) -> Problem:
        """Return the same problem with `steps` before its path."""
        path = json_path(steps)
        joint = "." if path and self.path and not self.path.startswith("[") else ""
        return replace(self, path=f"{path}{joint}{self.path}")


def json_path(steps: Iterable[Step]) -> str:
    """Write steps as a JSON path; keys that are no plain names, or long, are quoted in brackets."""
    parts: list[str] = []
    for step in steps:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif len(step) <= SHOWN and _PLAIN_KEY.match(step):
            parts.append(f".{step}" if parts else step)
        else:
            parts.append(f"[{quoted(step)}]")
    return "".join(parts)


def quoted(value: object) -> str:
    """Return a value of the document as JSON for a message, cut to a readable length."""
    if isinstance(value, str):
        cut = value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
        return json.dumps(cut, ensure_ascii=not cut.isprintable())
    if isinstance(value, dict | list | tuple):
        return f"{'an object' if isinstance(value, dict) else 'a list'} of {len(value)}"
    text = repr(value) if isinstance(value, float) else json.dumps(value, default=_kind)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _kind(value: object) -> str:
    return type(value).__name__


#: Fixed cost of one search for a close name, in comparisons.
CALL_COST = 100


class Hints:
    """Did-you-mean for names, within a budget of comparisons for one document."""

    def __init__(self, comparisons: int = 100_000) -> None:
        self._left = comparisons

    def closest(self, name: str, candidates: Collection[str]) -> str:
        """Return a sentence that suggests the closest candidate; empty if none is close."""
        if len(name) > SHOWN or len(candidates) > self._left:
            return ""
        self._left -= len(candidates) + CALL_COST
        close = difflib.get_close_matches(name, candidates, n=1)
        if not close:
            close = [each for each in candidates if each.casefold() == name.casefold()][:1]
        return f"Did you mean {quoted(close[0])}?" if close else ""
