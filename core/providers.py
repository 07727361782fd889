"""Model providers: the clients of their SDKs, what became of a call that failed, and its price.

The addresses here are the operator's (settings), so by themselves these clients do not go through
`core.dialer`; for an author's address they are given its connections. They make one request a call:
whoever calls decides whether it is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, TypeAlias

import anthropic
import httpx2
import openai
from genai_prices import Usage, calc_price
from pydantic import SecretStr

from core.errors import TreadleError
from core.provider_errors import (
    AnswerIncomplete,
    ContextTooLong,
    ProviderKeyMissing,
    ProviderRefused,
    ProviderUnavailable,
)
from core.retry_after import retry_after
from core.settings import ALIASES, Settings

Wire: TypeAlias = Literal["openai", "anthropic"]
"""Whose HTTP interface a service speaks."""

#: Where a provider answers when no address is set; written out, so that no SDK looks elsewhere.
_ADDRESSES: Mapping[Wire, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
#: What a service is told that may want no key; the SDK wants one.
_NO_KEY = "none"
#: Statuses after which the same request may succeed; every one from 500 on besides.
_WORTH_REPEATING = frozenset({408, 409, 429})
#: What providers' answers of status 400 and 413 say when a request is longer than a model takes.
_TOO_LONG = ("context_length_exceeded", "prompt is too long", "request_too_large")
#: Characters of a provider's own words that an error quotes.
_WORDS_SHOWN = 600


@dataclass(frozen=True, slots=True)
class Tokens:
    """What calls took, as the provider counted."""

    input: int = 0
    output: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.output + other.output)


def connections() -> httpx2.AsyncClient:
    """Return connections that clients can share, to the addresses that operators set."""
    return openai.DefaultAsyncHttpx2Client()


def openai_client(
    settings: Settings, timeout: timedelta, http_client: httpx2.AsyncClient | None = None
) -> openai.AsyncOpenAI:
    """Return a client for OpenAI, or for what speaks its wire at the address that is set.

    Args:
        http_client: connections to share; by default its own, which end with it.

    Raises:
        ProviderKeyMissing: `provider_key_missing`; a service of one's own may want none.
    """
    own = settings.openai_base_url is not None
    key = SecretStr(_NO_KEY) if own else None
    return openai.AsyncOpenAI(
        api_key=_key("openai", settings.openai_api_key or key),
        base_url=settings.openai_base_url or _ADDRESSES["openai"],
        timeout=timeout.total_seconds(),
        max_retries=0,
        http_client=http_client,
    )


def anthropic_client(
    settings: Settings, timeout: timedelta, http_client: httpx2.AsyncClient | None = None
) -> anthropic.AsyncAnthropic:
    """Return a client for Anthropic.

    Args:
        http_client: connections to share; by default its own, which end with it.

    Raises:
        ProviderKeyMissing: `provider_key_missing`.
    """
    return anthropic.AsyncAnthropic(
        api_key=_key("anthropic", settings.anthropic_api_key),
        base_url=settings.anthropic_base_url or _ADDRESSES["anthropic"],
        timeout=timeout.total_seconds(),
        max_retries=0,
        http_client=http_client,
    )


def _key(wire: Wire, key: SecretStr | None) -> str:
    if key is None:
        ours, usual = ALIASES[f"{wire}_api_key"]
        raise ProviderKeyMissing(
            f"No key for {wire} is set.",
            solution=f"Set {ours} (or {usual}) where the process runs that makes the call.",
            variables=[ours, usual],
        )
    return key.get_secret_value()


def failure_of(error: Exception, wire: Wire) -> TreadleError | None:
    """Say an exception of a call as one of ours; `None` if it is none of an SDK's."""
    if isinstance(error, openai.APIStatusError | anthropic.APIStatusError):
        return _by_status(error, wire)
    if isinstance(error, openai.APITimeoutError | anthropic.APITimeoutError):
        return ProviderUnavailable(f"{wire} did not answer in time.", provider=wire)
    if isinstance(error, openai.APIConnectionError | anthropic.APIConnectionError):
        return _by_connection(error.__cause__ or error, wire)
    if isinstance(error, openai.APIError | anthropic.APIError):
        message = f"{wire} broke off its answer: {error.message}"
        return ProviderUnavailable(message[:_WORDS_SHOWN], provider=wire)
    return _by_connections(error, wire)


def _by_connections(error: Exception, wire: Wire) -> TreadleError | None:
    """Say what the SDKs' own client raises, and they let pass."""
    if isinstance(error, httpx2.TransportError):
        message = f"The answer of {wire} broke off: {type(error).__name__}: {error}"
        return AnswerIncomplete(message[:_WORDS_SHOWN], provider=wire)
    if isinstance(error, httpx2.InvalidURL):
        return ProviderRefused(f"The address of {wire} is none: {error}", provider=wire)
    return None


def _by_connection(cause: BaseException, wire: Wire) -> TreadleError:
    if isinstance(cause, TreadleError):  # the connections that the client was given refused it
        return cause
    message = f"{wire} cannot be reached: {type(cause).__name__}: {cause}"
    return ProviderUnavailable(message[:_WORDS_SHOWN], provider=wire)


def _by_status(
    error: openai.APIStatusError | anthropic.APIStatusError, wire: Wire
) -> ProviderUnavailable | ProviderRefused | ContextTooLong:
    status = error.status_code
    words = _words(error)[:_WORDS_SHOWN]
    message = f"{wire} answered {status}: {words}"
    wait = retry_after(error.response.headers.get("retry-after"), datetime.now(UTC))
    if status in _WORTH_REPEATING or status >= 500 or status < 300:  # an error within an answer
        unavailable = ProviderUnavailable(message, provider=wire, status=status)
        unavailable.retry_after = wait
        return unavailable
    if status in (400, 413) and any(sign in str(error.body) for sign in _TOO_LONG):
        return ContextTooLong(message, provider=wire, status=status)
    solution = None
    if status in (401, 403):
        solution = f"Check the key in {' or '.join(ALIASES[f'{wire}_api_key'])}, and its rights."
    elif status == 404:
        solution = "Name a model that this provider has, and check the address that is set."
    return ProviderRefused(message, solution=solution, provider=wire, status=status)


def _words(error: openai.APIStatusError | anthropic.APIStatusError) -> str:
    """Return what the provider said, without what stands around it."""
    told = error.body.get("error", error.body) if isinstance(error.body, dict) else None
    words = told.get("message") if isinstance(told, dict) else None
    return words if isinstance(words, str) else error.message


def cost_usd(wire: Wire, model: str, tokens: Tokens) -> float | None:
    """Return what tokens cost by the provider's list prices; `None` if the model's are unknown."""
    usage = Usage(input_tokens=tokens.input, output_tokens=tokens.output)
    try:
        return float(calc_price(usage, model_ref=model, provider_id=wire).total_price)
    except LookupError:
        return None
