"""Secrets: resolved in memory for one attempt, and never seen in what it leaves (invariant 10).

`traces` has the forms in which a secret is looked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import structlog

from treadle.core.errors import TreadleError
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings
from treadle.core.traces import MASK, Traces, traces_of
from treadle.dag.graph import CompiledNode
from treadle.dag.outcomes import Completed, Failed, Outcome, Retrying
from treadle.dag.specs import SPECS
from treadle.dag.validation.offers import secret_fields
from treadle.dag.values import Value
from treadle.monitoring.logs import traceback_of

_log = structlog.get_logger()

#: Characters from which on a provider's key is one.
_KEY_CHARACTERS = 8
#: Keys of an error whose values are Treadle's own words, which programs compare.
_REASONS = frozenset({"error_code", "reason"})


class SecretNotFound(TreadleError):
    """A node names a secret that this worker does not have."""

    reason: ClassVar[str] = "secret_not_found"
    solution: ClassVar[str] = (
        "Set TREADLE_SECRET_<NAME> in the environment of the workers and start them again."
    )


class SecretNotOffered(TreadleError):
    """The operator does not offer a secret to the owner of the execution."""

    reason: ClassVar[str] = "secret_not_offered"
    solution: ClassVar[str] = (
        "Use a secret that is offered to this account, or ask the operator to add the account to"
        " its `owners` in TREADLE_OFFERED_SECRETS of all processes."
    )

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(
            f"The secret {name!r} is not offered to {owner!r}.", secret=name, owner=owner
        )


class Secrets:
    """The secrets that a process has been given, and to whom they are offered."""

    def __init__(self, values: Mapping[str, str], offers: SecretOffers) -> None:
        self._values = values
        self._offers = offers

    def log_offers(self) -> None:
        """Log the names of the secrets, if there are any, and which of them nobody else may use."""
        listed = self._offers.root.keys()
        if self._values:
            _log.info(
                "secrets.offered",
                listed=sorted(self._values.keys() & listed),
                to_local_alone=sorted(self._values.keys() - listed),
                without_value=sorted(listed - self._values.keys()),
            )

    def of(self, names: Collection[str], owner: str) -> dict[str, str]:
        """Return the named secrets for a workflow of an owner.

        Raises:
            SecretNotOffered: `secret_not_offered`, for the first that is not; also if there is
                none of that name, so that nobody learns which there are.
            SecretNotFound: `secret_not_found`, for the first that is missing.
        """
        self.check(names, owner)
        for name in sorted(names):
            if name.upper() not in self._values:
                raise SecretNotFound(
                    f"There is no secret {name!r}.",
                    secret=name,
                    solution=f"Set TREADLE_SECRET_{name.upper()} in the environment of all workers"
                    " (the scheduler's, if it signs a question) and start them again.",
                )
        return {name: self._values[name.upper()] for name in names}

    def check(self, names: Collection[str], owner: str) -> None:
        """Refuse secrets that are not offered to an owner, whether or not this process has them.

        Raises:
            SecretNotOffered: `secret_not_offered`, for the first that is not.
        """
        for name in sorted(names):
            if not self._offers.is_offered(name, owner):
                raise SecretNotOffered(name, owner)

    def known(self, names: Collection[str]) -> tuple[str, ...]:
        """Return the values of those of the named secrets that there are."""
        return tuple(self._values[each.upper()] for each in names if each.upper() in self._values)


def operator_keys(settings: Settings) -> tuple[str, ...]:
    """Return the operator's own keys for providers, which no outcome may show either.

    What is short is a word such as `none`, for a service that needs no key.
    """
    given = (settings.openai_api_key, settings.anthropic_api_key)
    keys = [key.get_secret_value() for key in given if key is not None]
    return tuple(key for key in keys if len(key) >= _KEY_CHARACTERS)


def masked(outcome: Outcome, used: Collection[str]) -> Outcome:
    """Return an outcome with every trace of the used secrets replaced by `***`.

    Keys that Treadle itself writes, and the reason of an error, stay as they are.
    """
    traces = traces_of(used)
    if isinstance(outcome, Completed | Failed | Retrying):
        changes: dict[str, Any] = {"details": _fields(outcome.details, traces)}
        if isinstance(outcome, Failed | Retrying):
            changes["error"] = _error(outcome.error, traces)
        if isinstance(outcome, Completed | Failed):
            changes["output"] = _mask(outcome.output, traces)
        return replace(outcome, **changes)
    return outcome


def without(value: Value, used: Collection[str]) -> Value:
    """Return a value with every trace of the used secrets replaced in the same way."""
    return _mask(value, traces_of(used))


def masked_traceback(error: BaseException, used: Collection[str]) -> Value:
    """Return an error's traceback for the log, as `without` returns a value."""
    return without(traceback_of(error), used)


class PieceMask:
    """Masks a text that comes piece by piece, also where a secret spans several."""

    def __init__(self, used: Collection[str]) -> None:
        self._traces = traces_of(used)
        self._held = ""

    def add(self, piece: str) -> str:
        """Return what is safe now: all but what may be the begin of a trace."""
        text = self._traces.masked(self._held + piece)
        safe = len(text) - self._traces.begun(text)
        self._held = text[safe:]
        return text[:safe]

    def rest(self) -> str:
        """Return what was held back, once nothing follows."""
        held, self._held = self._held, ""
        return held


def _error(error: Mapping[str, Value], traces: Traces) -> dict[str, Value]:
    """Return an error with its own keys and its reason as they are."""
    found = _fields(error, traces)
    if isinstance(error.get("error_details"), dict):
        found["error_details"] = _fields(error["error_details"], traces)
    return found


def _fields(fields: Mapping[str, Value], traces: Traces) -> dict[str, Value]:
    return {
        key: value if key in _REASONS else _mask(value, traces) for key, value in fields.items()
    }


def _mask(value: Value, traces: Traces) -> Any:
    if isinstance(value, str):
        return traces.masked(value)
    if isinstance(value, list):
        return [_mask(each, traces) for each in value]
    if isinstance(value, dict):
        found: dict[str, Value] = {}
        for key, each in value.items():
            shown = key if key in _own_keys() else traces.masked_key(key)
            while shown in found and shown != key:  # two keys that become one lose no value
                shown += MASK
            found[shown] = _mask(each, traces)
        return found
    return MASK if traces.is_number(value) else value


def secrets_signing(node: CompiledNode) -> list[str]:
    """Return the secrets that a node names by a field of their own, which another process uses."""
    names = map(node.configurations.literal.get, secret_fields(node.spec))
    return [name for name in names if isinstance(name, str)]


@cache
def _own_keys() -> frozenset[str]:
    """Return the keys of what nodes put out, as their specs say."""
    objects = (each for spec in SPECS.values() for each in re.findall("{(.*?)}", spec.puts_out))
    return frozenset(word for each in objects for word in re.findall("[a-z_]+", each))
