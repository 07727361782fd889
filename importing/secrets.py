"""Secrets that stand in a file: found, taken out before anything else is read, and named.

What is taken for one: text under a key, or in a named parameter, that is called like a secret
(`password`, `apiKey`, `Authorization`); a value that has the form of a known token; a password or a
token in an address. A value that was found anywhere is taken out everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from treadle.dag.problems import Step, json_path
from treadle.importing.report import Reason, Report
from treadle.importing.texts import mark, slug, unlike

_KEY = re.compile(
    r"(?:^|_)(?:authorization|password|passwd|pwd|passphrase|secret|token|api_?key|apikey"
    r"|access_key|private_key|secret_key|client_secret|signing_secret|bearer|cookie"
    r"|x_api_key|auth_key|service_key|connection_string|database_url)\Z"
)
#: Keys that end like a secret's and hold none.
_HARMLESS = re.compile(
    r"(?:next|page|sync|continuation|cursor|max|min|stop|type|count)_(?:\w+_)?token"
)
_FORMS = re.compile(
    r"""
    \b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,} | \b[sr]k_(?:live|test)_[A-Za-z0-9]{8,}
  | \bxox[a-z]-[A-Za-z0-9-]{10,} | \bgh[pousr]_[A-Za-z0-9]{20,} | \bgithub_pat_\w{20,}
  | \bglpat-[\w-]{16,} | \bAKIA[0-9A-Z]{16}\b | \bAIza[\w-]{30,} | \bya29\.[\w-]{20,}
  | \bntn_[A-Za-z0-9]{20,} | \bsecret_[A-Za-z0-9]{30,} | \bfc-[0-9a-f]{24,}
  | \bpat[\w]{10,}\.[0-9a-f]{30,}
  | \bSG\.[\w-]{16,}\.[\w-]{16,} | \bhf_[A-Za-z0-9]{20,} | \bgsk_[A-Za-z0-9]{20,}
  | \beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*
  | (?<!\d)\d{8,10}:[A-Za-z0-9_-]{30,}
  | (?<=hooks\.slack\.com/services/)[\w/-]{10,}
  | (?<=discord\.com/api/webhooks/)[\w/-]{10,} | (?<=discordapp\.com/api/webhooks/)[\w/-]{10,}
  | -----BEGIN\ [A-Z ]*PRIVATE\ KEY-----[\s\S]*?(?:-----END\ [A-Z ]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE,
)
#: In an address or in code: what comes after the name of a secret.
_NAMED = re.compile(
    r"""[?&](?:[\w-]*(?:token|key|secret|password|passwd|signature|sig))=(?P<query>[^&\s"'`{}<>$=#]{4,})"""
    r"""|//[^\s/:@"'{}]+:(?P<userinfo>[^\s/:@"'{}]+)@"""
    r"""|\b[Bb]earer\s+(?P<bearer>(?=[\w.~+/=-]*\d)[\w.~+/=-]{10,})"""
    r"""|\bBasic\s+(?P<basic>(?=[A-Za-z0-9+/]*[\d=])[A-Za-z0-9+/]{10,}={0,2})"""
    r"""|\b\w*(?:[Aa]pi_?[Kk]ey|API_?KEY|[Tt]oken|TOKEN|[Ss]ecret|SECRET|[Pp]assword|PASSWORD)"""
    r"""["']?\s*(?:=(?!=)|:)\s*["'`](?P<code>[^"'`\s${}]{6,})["'`]"""
)
_SCHEME = re.compile(r"\A(?:Bearer|Basic|Token|ApiKey|Bot|key)\s+", re.IGNORECASE)
#: Shorter values are taken out where they were found and nowhere else: they are words, too.
_EVERYWHERE = 8

Steps = tuple[Step, ...]


@dataclass(slots=True)
class Secrets:
    """The secrets of one file, by value."""

    report: Report
    names: dict[str, str] = field(default_factory=dict)

    def take_out(self, document: Any, skip: frozenset[str]) -> Any:
        """Return the document with a mark in place of every secret, and report each.

        Args:
            skip: keys of the document itself that are not carried over.
        """
        for steps, value in _found(document, skip):
            if value not in self.names:
                self.names[value] = unlike(_named(document, steps), self.names.values())
            name = self.names[value]
            self.report.add(
                json_path(steps),
                Reason.SECRET_REPLACED,
                "A secret stood here and is taken out. Where the workflow needs it, it names"
                f" `{name}`: set TREADLE_SECRET_{name} for the workers, and revoke the one in the"
                " file if others could read it.",
            )
        return self._without(document)

    def _without(self, value: Any, *, own: bool = False) -> Any:
        if isinstance(value, str):
            if value in self.names and own:
                return mark(self.names[value])
            for secret in sorted(self.names, key=len, reverse=True):
                if len(secret) >= _EVERYWHERE or _in_context(secret, value) or own:
                    value = value.replace(secret, mark(self.names[secret]))
            return value
        if isinstance(value, list):
            return [self._without(each) for each in value]
        if isinstance(value, dict):
            pair = isinstance(value.get("name"), str) and _is_secret_key(value["name"])
            return {
                self._without(key): self._without(
                    each, own=_is_secret_key(key) or (pair and key in _VALUES)
                )
                for key, each in value.items()
            }
        return value


_VALUES = ("value", "stringValue")


def _in_context(secret: str, text: str) -> bool:
    """Whether a short secret stands in a text as a secret does."""
    return any(secret in found.groups() for found in _NAMED.finditer(text))


def _found(document: Any, skip: frozenset[str]) -> Iterator[tuple[Steps, str]]:
    for steps, key, text in _texts(document, (), skip):
        if key is not None and _is_secret_key(key):
            value = _SCHEME.sub("", text).strip()
            if value and not _is_expression(text):
                yield steps, value
                continue
        for form in _FORMS.finditer(text):
            yield steps, form[0]
        for named in _NAMED.finditer(_FORMS.sub("", text)):
            yield from ((steps, value) for value in named.groups() if value)


def _texts(
    value: Any, steps: Steps, skip: frozenset[str]
) -> Iterator[tuple[Steps, str | None, str]]:
    """Yield every text with its place, and what it is called."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from _called(each, None, (*steps, index), skip)
    elif isinstance(value, dict):
        name = value.get("name")
        for key, each in value.items():
            if not (len(steps) == 0 and key in skip):
                called = name if key in _VALUES and isinstance(name, str) else key
                yield from _called(each, called, (*steps, key), skip)


def _called(
    value: Any, key: str | None, steps: Steps, skip: frozenset[str]
) -> Iterator[tuple[Steps, str | None, str]]:
    if isinstance(value, str):
        yield steps, key, value
    else:
        yield from _texts(value, steps, skip)


def _is_secret_key(key: str) -> bool:
    name = slug(key, most=200)
    return _KEY.search(name) is not None and _HARMLESS.search(name) is None


def _is_expression(text: str) -> bool:
    """Whether a text is computed in a run, or is to be filled in."""
    return text.startswith("=") or "{{" in text or "${" in text or text.startswith("$")


def _named(document: Any, steps: Steps) -> str:
    """Return a name for a secret: of the node that it stands in, and its key."""
    words: list[str] = []
    value = document
    for step in steps:
        value = value[step]
        if isinstance(value, dict) and isinstance(value.get("name"), str):
            words.append(value["name"])
    last = next((each for each in reversed(steps) if isinstance(each, str)), "")
    if last not in _VALUES:
        words.append(last)
    return slug(" ".join(words[-3:]), "secret").upper()
