"""Row errors: what the ledger holds of an execution and this release cannot read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from pydantic import ValidationError

from treadle.core.errors import TreadleError


class RowNotUnderstood(TreadleError):
    """The ledger holds something of this execution that this release cannot read.

    The execution ends with it, so that no other waits behind it.
    """

    reason: ClassVar[str] = "row_not_understood"
    solution: ClassVar[str] = (
        "Run the newest release everywhere; if it still fails, restore the row from a backup,"
        " or submit the workflow again."
    )


class ReleaseDiffers(RowNotUnderstood):
    """The definition is as another release stored it, and this one cannot compile it.

    So it is left to processes of that release, which a rolling upgrade starts beside this one.
    """

    reason: ClassVar[str] = "release_differs"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Finish the upgrade: run the newest release everywhere."


@contextmanager
def understanding(what: str, **context: str) -> Iterator[None]:
    """Read something stored while inside; whatever it fails by is `row_not_understood`.

    Args:
        what: what is read, as the subject of the message.
        context: which one it is.

    Raises:
        RowNotUnderstood
    """
    try:
        yield
    except RowNotUnderstood:
        raise
    except (LookupError, TypeError, ValueError, TreadleError) as error:
        cause = first_line(error)
        raise RowNotUnderstood(f"{what} cannot be read: {cause}", cause=cause, **context) from error


def first_line(error: Exception) -> str:
    """Return what an error says, without the values that it met."""
    if isinstance(error, ValidationError):
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return str(error).partition("\n")[0][:300]
