"""What a submission may ask beside its workflow and input: one check for every way in.

The gateway, the command line on this machine and the command line that asks a gateway all take the
same idempotency keys and deadlines; the gateway's schema documents them with the same limits.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.problems import quoted

#: Characters of an idempotency key at most.
KEY_LENGTH = 200
#: Seconds of the longest deadline.
DEADLINE_LIMIT_SECONDS = 366 * 86_400

#: Visible ASCII, with blanks inside: what a header of HTTP carries unchanged.
_KEY = re.compile(r"[!-~](?:[ -~]*[!-~])?")


class IdempotencyKeyInvalid(TreadleError):
    """An idempotency key is empty, too long, or holds other characters than visible ASCII."""

    reason: ClassVar[str] = "idempotency_key_invalid"
    solution: ClassVar[str] = (
        f"Use 1 to {KEY_LENGTH} visible ASCII characters, or give no key at all."
    )


class DeadlineInvalid(TreadleError):
    """A deadline is not a number of seconds within the limits."""

    reason: ClassVar[str] = "deadline_invalid"
    solution: ClassVar[str] = f"Use more than 0 and at most {DEADLINE_LIMIT_SECONDS:,} seconds."


def check_key(key: str | None) -> None:
    """Refuse what is no idempotency key; none at all is fine.

    Raises:
        IdempotencyKeyInvalid
    """
    if key is None or (len(key) <= KEY_LENGTH and _KEY.fullmatch(key)):
        return
    if not key:
        raise IdempotencyKeyInvalid("The idempotency key is empty.")
    raise IdempotencyKeyInvalid(
        f"{quoted(key)} is no idempotency key.", characters=len(key), limit=KEY_LENGTH
    )


def deadline_of(seconds: float | None) -> timedelta | None:
    """Return the deadline of a submission that is to end within `seconds`.

    Raises:
        DeadlineInvalid
    """
    if seconds is None:
        return None
    if not 0 < seconds <= DEADLINE_LIMIT_SECONDS:  # false for what is no number, too
        raise DeadlineInvalid(f"{seconds:g} seconds are no deadline.")
    return timedelta(seconds=seconds)
