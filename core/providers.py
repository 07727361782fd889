"""Model providers: the clients of their SDKs, the errors of failed calls, and prices.

The addresses here are the operator's (settings), so by default these clients do not go through
`core.dialer`; for an author's address they use its connections. They make one request per call: the
caller decides whether it is repeated. An SDK takes seconds to load, so each is loaded by the first
client of its provider.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import httpx2
from genai_prices import Usage, calc_price
from pydantic import SecretStr

from treadle.core.dialer.bounded_stream import bound
from treadle.core.errors import TreadleError
from treadle.core.provider_errors import (
    AnswerIncomplete,
    ContextTooLong,
    ProviderKeyMissing,
    ProviderRefused,
    ProviderUnavailable,
)
from treadle.core.retry_after import retry_after
from treadle.core.settings import ALIASES, Settings

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic
    from openai import AsyncOpenAI

Wire: TypeAlias = Literal["openai", "anthropic"]
"""The provider with the HTTP API of a service; its SDK is the module of that name."""

#: The providers' default addresses; explicit, so that no SDK uses another one.
_ADDRESSES: Mapping[Wire, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}
#: The key for a service that needs none; the SDK requires one.
_NO_KEY = "none"
#: Statuses after which the same request may succeed, besides those from 500 on.
_WORTH_REPEATING = frozenset({408, 409, 429})
#: Texts in responses of status 400 and 413 for a request that exceeds the model's context.
_TOO_LONG = ("context_length_exceeded", "prompt is too long", "request_too_large")
#: SDKs that are completely loaded; importing one that is still loading blocks.
_LOADED: set[Wire] = set()
#: Most connections that clients share: the default limit of attempts in the async lane.
_CONNECTIONS = 1_000
#: Tokens that no call has.
_MOST_TOKENS = 2**40
#: Bytes of one answer, inflated: several times a stream of the longest answers there are.
_ANSWER_BYTES = 64 * 2**20
#: Characters of a provider's message that an error quotes.
_CHARACTERS_QUOTED = 600


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of calls, as counted by the provider."""

    input: int = 0
    output: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.input + other.input, self.output + other.output)

    @classmethod
    def counted(cls, read: object, written: object) -> Tokens:
        """Return counts as a provider gave them; 0 for one that is left out, null or no count."""
        return cls(_count(read), _count(written))


def _count(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_TOKENS:
        return value
    return 0


async def load(wire: Wire) -> None:
    """Load a provider's SDK if necessary, in a thread, without blocking the event loop."""
    if wire not in _LOADED:
        await asyncio.to_thread(import_module, wire)
        _LOADED.add(wire)


def connections(*, follow_redirects: bool = False) -> httpx2.AsyncClient:
    """Return connections for clients to share, to addresses that operators set."""
    limits = httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
    return httpx2.AsyncClient(
        limits=limits, follow_redirects=follow_redirects, event_hooks={"response": [_bound]}
    )


async def _bound(response: httpx2.Response) -> None:
    bound(response, _ANSWER_BYTES)


def openai_client(
    settings: Settings, timeout: timedelta, http_client: httpx2.AsyncClient | None = None
) -> AsyncOpenAI:
    """Return a client for OpenAI, or for the service with its API at the address that is set.

    Args:
        http_client: connections to share; by default its own, which are closed with it.

    Raises:
        ProviderKeyMissing: `provider_key_missing`; never for a service of one's own.
    """
    own = settings.openai_base_url is not None
    key = SecretStr(_NO_KEY) if own else None
    client: AsyncOpenAI = _sdk("openai").AsyncOpenAI(
        api_key=_key("openai", settings.openai_api_key or key),
        base_url=settings.openai_base_url or _ADDRESSES["openai"],
        timeout=timeout.total_seconds(),
        max_retries=0,
        http_client=http_client or connections(follow_redirects=True),
    )
    return client


def anthropic_client(
    settings: Settings, timeout: timedelta, http_client: httpx2.AsyncClient | None = None
) -> AsyncAnthropic:
    """Return a client for Anthropic.

    Args:
        http_client: connections to share; by default its own, which are closed with it.

    Raises:
        ProviderKeyMissing: `provider_key_missing`.
    """
    client: AsyncAnthropic = _sdk("anthropic").AsyncAnthropic(
        api_key=_key("anthropic", settings.anthropic_api_key),
        base_url=settings.anthropic_base_url or _ADDRESSES["anthropic"],
        timeout=timeout.total_seconds(),
        max_retries=0,
        http_client=http_client or connections(follow_redirects=True),
    )
    return client


def _sdk(wire: Wire) -> Any:
    return import_module(wire)


def _key(wire: Wire, key: SecretStr | None) -> str:
    if key is None:
        name, alias = ALIASES[f"{wire}_api_key"]
        raise ProviderKeyMissing(
            f"No key for {wire} is set.",
            solution=f"Set {name} (or {alias}) for the process that makes the call.",
            variables=[name, alias],
        )
    return key.get_secret_value()


def failure_of(
    error: Exception, wire: Wire, clean: Callable[[str], str] = str
) -> TreadleError | None:
    """Return an SDK's exception as a `TreadleError`; `None` if it is not an SDK's.

    Args:
        error: what a client of this module raised.
        wire: whose client it was.
        clean: takes secrets out of a text, before it is cut to what an error quotes.
    """
    quoted = _Quoted(clean)
    sdk = _sdk(wire)
    if isinstance(error, sdk.APIStatusError):
        return _by_status(error, wire, quoted)
    if isinstance(error, sdk.APITimeoutError):
        return ProviderUnavailable(f"{wire} did not answer in time.", provider=wire)
    if isinstance(error, sdk.APIConnectionError):
        return _by_connection(error.__cause__ or error, wire, quoted)
    if isinstance(error, sdk.APIError):
        message = f"{wire} broke off its answer: {error}"
        return ProviderUnavailable(quoted.text(message), provider=wire)
    return _by_connections(error, wire, quoted)


@dataclass(frozen=True, slots=True)
class _Quoted:
    """Writes the words of others into messages: without secrets, then cut."""

    clean: Callable[[str], str]

    def text(self, words: str) -> str:
        return self.clean(words)[:_CHARACTERS_QUOTED]


def _by_connections(error: Exception, wire: Wire, quoted: _Quoted) -> TreadleError | None:
    """Convert errors of the SDKs' HTTP client, which the SDKs do not wrap."""
    if isinstance(error, httpx2.LocalProtocolError):
        return _not_sendable(wire)
    if isinstance(error, httpx2.TransportError):
        message = f"The answer of {wire} broke off: {type(error).__name__}: {error}"
        return AnswerIncomplete(quoted.text(message), provider=wire)
    if isinstance(error, httpx2.InvalidURL):
        message = f"The address of {wire} is not valid: {error}"
        return ProviderRefused(quoted.text(message), provider=wire)
    return None


def _not_sendable(wire: Wire) -> ProviderRefused:
    """Return the error for a request that the client refuses; it would quote a header's value."""
    return ProviderRefused(
        f"The request to {wire} cannot be sent: the value of a header is not valid.",
        solution="Check the provider's variables in the environment for control characters.",
        provider=wire,
    )


def _by_connection(cause: BaseException, wire: Wire, quoted: _Quoted) -> TreadleError:
    if isinstance(cause, TreadleError):  # raised by the dialer's connections
        return cause
    if isinstance(cause, httpx2.LocalProtocolError):
        return _not_sendable(wire)
    message = f"{wire} cannot be reached: {type(cause).__name__}: {cause}"
    return ProviderUnavailable(quoted.text(message), provider=wire)


def _by_status(
    error: Any, wire: Wire, quoted: _Quoted
) -> ProviderUnavailable | ProviderRefused | ContextTooLong:
    status = error.status_code
    words = quoted.text(_message_of(error))
    message = f"{wire} answered {status}: {words}"
    wait = retry_after(error.response.headers.get("retry-after"), datetime.now(UTC))
    if status in _WORTH_REPEATING or status >= 500 or status < 300:  # an error inside a response
        unavailable = ProviderUnavailable(message, provider=wire, status=status)
        unavailable.retry_after = wait
        return unavailable
    if status in (400, 413) and any(sign in str(error.body) for sign in _TOO_LONG):
        return ContextTooLong(message, provider=wire, status=status)
    solution = None
    if status in (401, 403):
        solution = f"Check the key in {' or '.join(ALIASES[f'{wire}_api_key'])}, and its rights."
    elif status == 404:
        solution = "Use a model that this provider has, and check the address that is set."
    return ProviderRefused(message, solution=solution, provider=wire, status=status)


def _message_of(error: Any) -> str:
    """Return the provider's own error message, without the SDK's text around it."""
    details = error.body.get("error", error.body) if isinstance(error.body, dict) else None
    message = details.get("message") if isinstance(details, dict) else None
    return message if isinstance(message, str) else str(error.message)


def cost_usd(wire: Wire, model: str, tokens: Tokens) -> float | None:
    """Return the cost of tokens at the provider's list prices; `None` if they are unknown."""
    usage = Usage(input_tokens=tokens.input, output_tokens=tokens.output)
    try:
        return float(calc_price(usage, model_ref=model, provider_id=wire).total_price)
    except (LookupError, ValueError, TypeError, ArithmeticError):  # also a name that is none
        return None
