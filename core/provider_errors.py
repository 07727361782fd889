"""What a call of a model provider can fail by. Each says whether trying again can help."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from core.errors import TreadleError


class ProviderKeyMissing(TreadleError):
    """No key is set for a provider that is to be called."""

    reason: ClassVar[str] = "provider_key_missing"


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
