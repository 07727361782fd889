"""Traces of secrets: the forms in which calls and errors carry them. Pure.

A secret is found as it is, quoted for URLs, escaped as JSON, Python or HTML writes it, in base64
(also where a prefix shifts it, as in `user:secret`), and with line breaks inside any of these. Each
longer line of a secret of several lines is a secret too. What was derived in another way (upper
case, reversed, hashed, hexadecimal, compressed) is not found.
"""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, quote_plus

#: What stands in place of a secret.
MASK = "***"

#: Characters from which on a line of a secret is one itself, and a trace may be broken by lines.
_LONG = 8
#: Characters from which on a trace counts inside a key: "a" is part of most.
_KEY = 4
#: Characters of base64 below which it may be anything.
_BASE64 = 6
#: A line break inside a trace, also escaped, with the indentation after it.
_BREAK = r"(?:[\r\n]+[ \t]*|\\[rn])"
_ANY_BREAK = re.compile(_BREAK)


@dataclass(frozen=True, slots=True)
class Traces:
    """The traces of some secrets."""

    texts: tuple[str, ...]
    """The longest first."""
    unbroken: tuple[str, ...]
    """The long ones, without the line breaks in them."""
    secrets: frozenset[str]

    def masked(self, text: str) -> str:
        """Return a text with each trace replaced."""
        for trace in self.texts:
            text = text.replace(trace, MASK)
        if "\n" in text or "\r" in text or "\\" in text:
            return self._masked_across_breaks(text)
        return text

    def masked_lines(self, lines: Sequence[str]) -> list[str]:
        """Return lines with each trace replaced, also one that goes on from line to line."""
        whole = "\n".join(lines)
        shown = self.masked(whole).split("\n")
        if len(shown) == len(lines):
            return shown
        for trace in self.texts:
            whole = whole.replace(trace, MASK + "\n" * trace.count("\n"))
        return self._masked_across_breaks(whole, keep_lines=True).split("\n")

    def masked_key(self, key: str) -> str:
        """Return a key of an object; a short secret counts only where it is all of the key."""
        if key in self.secrets:
            return MASK
        for trace in self.texts:
            if len(trace) >= _KEY:
                key = key.replace(trace, MASK)
        return key

    def is_number(self, value: object) -> bool:
        """Say whether a number is a secret, read as one."""
        return value.__class__ in (int, float) and str(value) in self.secrets

    def begun(self, text: str) -> int:
        """Return how many characters at the end of a text may be the begin of a trace."""
        longest = max(map(len, self.texts), default=0)
        end = text[-2 * longest :] if longest else ""  # with room for the line breaks in it
        whole = _ANY_BREAK.sub("", end)
        for size in range(min(longest, len(whole)), 0, -1):
            suffix = whole[-size:]
            if any(each.startswith(suffix) for each in (*self.texts, *self.unbroken)):
                return size if len(whole) == len(end) else len(end)
        return 0

    def _masked_across_breaks(self, text: str, *, keep_lines: bool = False) -> str:
        def mask(found: re.Match[str]) -> str:
            return MASK + "\n" * found.group().count("\n") if keep_lines else MASK

        whole = _ANY_BREAK.sub("", text)
        for trace in self.unbroken:
            if trace in whole:
                broken = f"{_BREAK}*".join(map(re.escape, trace))
                text = re.sub(broken, mask, text)
        return text


def traces_of(secrets: Collection[str]) -> Traces:
    """Return the traces of some secrets; empty ones have none."""
    return _traces_of(frozenset(filter(None, secrets)))


@lru_cache(maxsize=256)
def _traces_of(secrets: frozenset[str]) -> Traces:
    found = {trace for secret in secrets for trace in _forms(secret) if trace}
    texts = sorted(found, key=len, reverse=True)
    unbroken = {_ANY_BREAK.sub("", each) for each in texts if len(each) >= _LONG}
    return Traces(
        tuple(texts),
        tuple(sorted(unbroken, key=len, reverse=True)),
        frozenset(secret.strip() or secret for secret in secrets),
    )


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret and its lines in each way in which they may be written."""
    lines = secret.splitlines()
    parts = [line.strip() for line in lines if len(line.strip()) >= _LONG] if lines[1:] else []
    for text in (secret, secret.strip(), *parts):
        yield from (text, html.escape(text), repr(text)[1:-1], repr(_bytes(text))[2:-1])
        for url in (quote(text, safe="", errors="replace"), quote(text, errors="replace")):
            yield from (url, _with_small_digits(url), url.replace("%20", "+"))
        yield quote_plus(text, errors="replace")
        for escaped in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
            yield from (escaped[1:-1], escaped[1:-1].replace("/", "\\/"))
            yield json.dumps(escaped)[3:-3]  # JSON inside a text of JSON
        yield from _in_base64(_bytes(text))


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _with_small_digits(url: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda each: each.group().lower(), url)


def _in_base64(data: bytes) -> Iterator[str]:
    for shift in range(3):
        # What stands before a secret shifts its base64; its middle is the same in all such texts.
        encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        core = encoded[-(-shift * 8 // 6) : len(encoded) - (1 if (shift + len(data)) % 3 else 0)]
        if len(core) >= _BASE64:
            yield core
            yield core.translate(str.maketrans("+/", "-_"))
