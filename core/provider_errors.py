"""What a call of a model provider can fail by. Each says whether trying again can help."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from treadle.core.errors import TreadleError


class ProviderKeyMissing(TreadleError):
    """No key is set for a provider that is to be called."""

    reason: ClassVar[str] = "provider_key_missing"
    solution: ClassVar[str] = "Set the provider's key where the process runs that calls it."


class ProviderUnavailable(TreadleError):
    """The provider did not answer, has too much to do, or is in trouble: later it may answer."""

    reason: ClassVar[str] = "provider_unavailable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing, if a retry succeeds; else ask the provider's status page."

    retry_after: timedelta | None = None
    """What the provider asked for."""


class ProviderRefused(TreadleError):
    """The provider refused the request itself: the same one will be refused again."""

    reason: ClassVar[str] = "provider_refused"
    solution: ClassVar[str] = "Read the provider's words above; they say what it does not accept."


class ContextTooLong(TreadleError):
    """The request is longer than the model can take."""

    reason: ClassVar[str] = "context_too_long"
    solution: ClassVar[str] = "Send less, or use a model with more room."


class ModelRefused(TreadleError):
    """The model declined to answer."""

    reason: ClassVar[str] = "model_refused"
    solution: ClassVar[str] = "Say the request in other words, or use another model."


class AnswerFiltered(TreadleError):
    """The provider withheld the answer for what it says."""

    reason: ClassVar[str] = "answer_filtered"
    solution: ClassVar[str] = "Say the request in other words, or use another provider."


class AnswerCut(TreadleError):
    """The answer was longer than a model may give."""

    reason: ClassVar[str] = "answer_cut"
    solution: ClassVar[str] = "Raise max_tokens, or ask for less at once."


class AnswerIncomplete(TreadleError):
    """The answer broke off on its way."""

    reason: ClassVar[str] = "answer_incomplete"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Nothing, if a retry succeeds; else look at what is on the way."


class AnswerMalformed(TreadleError):
    """What came back is not what the provider's interface says."""

    reason: ClassVar[str] = "answer_malformed"
    solution: ClassVar[str] = "Check that the address speaks the interface of this provider."
