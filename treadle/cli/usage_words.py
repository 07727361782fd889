"""What a command was given and cannot use, in words for who typed it, not for a programmer."""

from __future__ import annotations

import re

#: What is said by the library that reads arguments, and what a person is given instead.
_WORDS = (
    (r"Input should be a valid integer\b.*", "this is no whole number"),
    (r"Input should be a valid number\b.*", "this is no number"),
    (r"Input should be greater than or equal to (\S+)", r"it must be at least \1"),
    (r"Input should be less than or equal to (\S+)", r"it must be at most \1"),
    (r"Value error, (.*)", r"\1"),
)


def in_plain_words(message: str) -> str:
    """Return what is wrong with an argument without the words of a library."""
    for theirs, ours in _WORDS:
        message = re.sub(theirs, ours, message, flags=re.DOTALL)
    return message
