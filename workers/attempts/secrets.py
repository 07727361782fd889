"""Secrets: resolved in memory for one attempt, and never seen in what it leaves (invariant 10)."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Completed, Failed, Outcome, Retrying
from treadle.dag.values import Value

#: What stands in place of a secret.
_MASK = "***"


class SecretNotFound(TreadleError):
    """A node names a secret that this worker does not have."""

    reason: ClassVar[str] = "secret_not_found"
    solution: ClassVar[str] = (
        "Set TREADLE_SECRET_<NAME> in the environment of the workers and start them again."
    )


class Secrets:
    """The secrets that a worker has been given."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def of(self, names: Collection[str]) -> dict[str, str]:
        """Return the named secrets.

        Raises:
            SecretNotFound: `secret_not_found`, for the first that is missing.
        """
        for name in sorted(names):
            if name.upper() not in self._values:
                raise SecretNotFound(f"There is no secret {name!r}.", secret=name)
        return {name: self._values[name.upper()] for name in names}


def masked(outcome: Outcome, used: Collection[str]) -> Outcome:
    """Return an outcome with every trace of the used secrets replaced by `***`.

    Traces are the values themselves and the forms in which calls carry them: quoted for URLs, and
    base64, also where a prefix shifts it (`user:secret`).
    """
    traces = _traces_of(used)
    if isinstance(outcome, Completed):
        return replace(
            outcome,
            output=_mask(outcome.output, traces),
            details=_mask(dict(outcome.details), traces),
        )
    if isinstance(outcome, Failed):
        return replace(
            outcome,
            error=_mask(dict(outcome.error), traces),
            details=_mask(dict(outcome.details), traces),
            output=_mask(outcome.output, traces),
        )
    if isinstance(outcome, Retrying):
        return replace(
            outcome,
            error=_mask(dict(outcome.error), traces),
            details=_mask(dict(outcome.details), traces),
        )
    return outcome


def without(value: Value, used: Collection[str]) -> Value:
    """Return a value with every trace of the used secrets replaced in the same way."""
    return _mask(value, _traces_of(used))


class PieceMask:
    """Masks a text that comes piece by piece, also where a secret spans several."""

    def __init__(self, used: Collection[str]) -> None:
        self._traces = _traces_of(used)
        #: What may be the begin of a trace is held back.
        self._most_held = max(map(len, self._traces), default=1) - 1
        self._held = ""

    def add(self, piece: str) -> str:
        """Return what may be safe now."""
        text = str(_mask(self._held + piece, self._traces))
        safe = max(0, len(text) - self._most_held)
        self._held = text[safe:]
        return text[:safe]

    def rest(self) -> str:
        """Return what was held back, once nothing follows."""
        held, self._held = self._held, ""
        return held


def _traces_of(used: Collection[str]) -> list[str]:
    return sorted({trace for secret in used for trace in _traces(secret)}, key=len, reverse=True)


def _traces(secret: str) -> Iterator[str]:
    if not secret:
        return
    yield from (secret, quote(secret, safe=""), quote(secret), quote_plus(secret))
    data = secret.encode()
    for shift in range(3):
        # What stands before a secret shifts its base64; its middle is the same in all such texts.
        encoded = base64.b64encode(b"\0" * shift + data).decode().rstrip("=")
        core = encoded[-(-shift * 8 // 6) : len(encoded) - (1 if (shift + len(data)) % 3 else 0)]
        if len(core) >= 6:
            yield core


def _mask(value: Value, traces: list[str]) -> Any:
    if isinstance(value, str):
        for trace in traces:
            value = value.replace(trace, _MASK)
        return value
    if isinstance(value, list):
        return [_mask(each, traces) for each in value]
    if isinstance(value, dict):
        return {_mask(key, traces): _mask(each, traces) for key, each in value.items()}
    return value
