"""Did-you-mean: the nearest of the valid names."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

#: Names that are compared letter by letter, so that ten thousand node ids cost no more.
CANDIDATES = 64

#: How much longer or shorter a name may be than what was written.
LENGTH_DIFFERENCE = 3


def did_you_mean(name: str, known: Iterable[str], otherwise: str | None = None) -> str | None:
    """Return the sentence that names the nearest known name, or `otherwise`."""
    if len(name) > 64:
        return otherwise
    near = [each for each in known if abs(len(each) - len(name)) <= LENGTH_DIFFERENCE]
    near.sort(key=lambda each: (each[:1] != name[:1], each[-1:] != name[-1:], each))
    matches = get_close_matches(name, near[:CANDIDATES], n=1)
    return f"Did you mean `{matches[0]}`?" if matches else otherwise
