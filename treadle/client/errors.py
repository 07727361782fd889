"""What a client raises, by family: each keeps the reason, solution and context it came with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.wire.executions import Execution


class Refused(TreadleError):
    """The cluster answered with an error, which keeps its own reason, message and solution."""

    status: ClassVar[int] = 500


class Invalid(Refused):
    """The request is not what it should be; `context["problems"]` lists it, where it is a list."""


class NotAuthenticated(Refused):
    """There is no key, or none that is usable."""


class NotAllowed(Refused):
    """The key, or the account, does not permit it."""


class NotFound(Refused):
    """There is no such thing, or it belongs to another account."""


class Conflict(Refused):
    """It does not fit what has become of it."""


class TooManyRequests(Refused):
    """More was asked in a short time than is answered."""


class ServerFailed(Refused):
    """The cluster could not do it now, or at all."""


_FAMILIES: Mapping[int, type[Refused]] = {
    401: NotAuthenticated,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    429: TooManyRequests,
}


def family_of(status: int) -> type[Refused]:
    """Return the class of the errors of a status."""
    return _FAMILIES.get(status, ServerFailed if status >= 500 else Invalid)


class StillRunning(TreadleError):
    """The execution has not ended in the time that was given."""

    reason: ClassVar[str] = "still_running"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Wait longer, or look with `treadle watch ID` what it waits for."

    @classmethod
    def after(cls, execution_id: str, seconds: float | None) -> StillRunning:
        """Return the error of an execution that took longer."""
        message = f"The execution {execution_id} has not ended after {seconds} s."
        return cls(message, execution_id=execution_id)


class ExecutionFailed(TreadleError):
    """The execution did not end as SUCCESS; `execution` is its record."""

    reason: ClassVar[str] = "execution_failed"
    solution: ClassVar[str] = "See `execution.error` and the records of its nodes."
    execution: Execution

    @classmethod
    def of(cls, execution: Execution) -> ExecutionFailed:
        """Return the error of an execution that has no output."""
        error = execution.error
        why = f": {error.error_message}" if error else "."
        made = cls(
            f"The execution {execution.id} ended as {execution.status}{why}",
            solution=error.error_details.solution if error else None,
            execution_id=execution.id,
            status=str(execution.status),
        )
        made.execution = execution
        return made
