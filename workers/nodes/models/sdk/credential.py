"""A node's own credential for a provider: one line that a header can carry."""

from __future__ import annotations

from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.core.provider_errors import ProviderKeyMissing
from treadle.dag.specs.models import ClaudeMessage, OpenAIChat


class ProviderKeyInvalid(TreadleError):
    """A credential cannot be sent in a header."""

    reason: ClassVar[str] = "provider_key_invalid"
    solution: ClassVar[str] = (
        "Give the secret that `credential` names the key alone: one line of plain ASCII."
    )


def with_sendable_key(config: OpenAIChat | ClaudeMessage) -> OpenAIChat | ClaudeMessage:
    """Return the configuration with a credential that a header can carry; no error quotes it.

    Raises:
        ProviderKeyMissing: it is empty.
        ProviderKeyInvalid: it holds something else than one line of ASCII.
    """
    if config.credential is None:
        return config
    key = config.credential.strip()
    if not key:
        raise ProviderKeyMissing(
            "The credential is empty.", solution="Give the secret that it names a value."
        )
    if not (key.isascii() and key.isprintable()):
        raise ProviderKeyInvalid("The credential holds control characters or non-ASCII letters.")
    return config.model_copy(update={"credential": key})
