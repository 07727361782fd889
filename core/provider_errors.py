"""The errors of a call to a model provider. Each says whether a retry can help."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from treadle.core.errors import TreadleError


class ProviderKeyMissing(TreadleError):
    """No key is set for a provider that is to be called."""

    reason: ClassVar[str] = "provider_key_missing"
    solution: ClassVar[str] = "Set the provider's key where the process runs that calls it."


class ProviderUnavailable(TreadleError):
    """The provider did not answer, is overloaded, or has an outage; a later call may succeed."""

    reason: ClassVar[str] = "provider_unavailable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing, if a retry succeeds; else see the provider's status page."

    retry_after: timedelta | None = None
    """The delay that the provider asked for."""


class ProviderRefused(TreadleError):
    """The provider refused the request itself: the same one will be refused again."""

    reason: ClassVar[str] = "provider_refused"
    solution: ClassVar[str] = "Read the provider's message above; it says what is not accepted."


class ContextTooLong(TreadleError):
    """The request is longer than the model's context."""

    reason: ClassVar[str] = "context_too_long"
    solution: ClassVar[str] = "Send less, or use a model with a larger context."


class ModelRefused(TreadleError):
    """The model declined to answer."""

    reason: ClassVar[str] = "model_refused"
    solution: ClassVar[str] = "Rephrase the request, or use another model."


class AnswerFiltered(TreadleError):
    """The provider withheld the answer because of its content."""

    reason: ClassVar[str] = "answer_filtered"
    solution: ClassVar[str] = "Rephrase the request, or use another provider."


class AnswerCut(TreadleError):
    """The answer was longer than the limit."""

    reason: ClassVar[str] = "answer_cut"
    solution: ClassVar[str] = "Raise max_tokens, or ask for less at once."


class AnswerIncomplete(TreadleError):
    """The answer broke off during its transfer."""

    reason: ClassVar[str] = "answer_incomplete"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = (
        "Nothing, if a retry succeeds; else check the network and proxies in between."
    )


class AnswerMalformed(TreadleError):
    """The response does not match the provider's API."""

    reason: ClassVar[str] = "answer_malformed"
    solution: ClassVar[str] = "Check that the service at the address has the API of this provider."
