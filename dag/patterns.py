"""Patterns: regular expressions of forms and schemas, compiled by RE2 within bounds. Pure.

RE2 matches in linear time, but the program of a short pattern may take milliseconds to make, so
a pattern has a length, a program has a size, a workflow has so many different ones, and each is
tried once: the same workflow is validated again and again while it is planned.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from treadle.dag.values import Value

#: The fields of configurations that hold patterns: of forms, and of schemas of answers.
PATTERNED = ("input_fields", "output_schema")
#: Characters of a pattern.
PATTERN_CHARACTERS = 500
#: Bytes that a compiled pattern may grow to.
_PATTERN_BYTES = 512 * 1024
#: Instructions of a pattern against bytes of a text in one match: tenths of a second at worst.
_MOST_WORK = 400_000_000


@lru_cache(maxsize=8_192)
def fault_of(pattern: str) -> str | None:
    """Return why a text is no pattern, in words; `None` if it is one."""
    if len(pattern) > PATTERN_CHARACTERS:
        return f"it has more than {PATTERN_CHARACTERS} characters"
    try:
        compiled(pattern)
    except re2.error as error:
        detail = error.args[0]
        return detail.decode(errors="replace") if isinstance(detail, bytes) else str(detail)
    except UnicodeEncodeError as error:
        return str(error)
    return None


def matches(pattern: str, text: str, *, whole: bool = False) -> bool:
    """Return whether a text matches a pattern; one that is too long for it does not.

    Args:
        pattern: one without a fault.
        text: what is looked at.
        whole: whether all of it is to match, not a part.
    """
    known = compiled(pattern)
    if 4 * len(text) * known.programsize > _MOST_WORK:
        return False
    return (known.fullmatch(text) if whole else known.search(text)) is not None


@lru_cache(maxsize=128)
def compiled(pattern: str) -> Any:
    """Compile a pattern.

    Raises:
        re2.error, UnicodeEncodeError: it is none.
    """
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _PATTERN_BYTES
    return re2.compile(pattern, options)


def patterns_in(value: Value) -> Iterator[str]:
    """Yield every text under a key `pattern`, however deep."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting += each.values()
            if isinstance(pattern := each.get("pattern"), str):
                yield pattern
        elif isinstance(each, list):
            waiting += each
