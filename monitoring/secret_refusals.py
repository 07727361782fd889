"""Refused uses of secrets: each is logged and counted, because it is a mistake or an attack."""

from __future__ import annotations

import structlog

from treadle.monitoring.metrics import SECRETS_REFUSED

#: Reasons of errors and problems about who may use a secret, and where it may go.
REASONS = frozenset({"secret_not_offered", "secret_not_for_host"})

_log = structlog.get_logger()


def secret_refused(place: str, reason: str, **facts: object) -> None:
    """Log and count a refused use of a secret.

    Args:
        place: `submission`, `attempt` or `delivery`.
        reason: one of `REASONS`.
        facts: whose it was, and where it stood; never a value.
    """
    SECRETS_REFUSED.labels(place, reason).inc()
    _log.warning("secret.refused", place=place, reason=reason, **facts)
