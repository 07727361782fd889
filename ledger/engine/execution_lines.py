"""The lines in the log at an execution's start and at its end, written once both are committed.

Measured: 10 to 15 µs a line, where a node costs 600; so they are for INFO.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, NamedTuple

import structlog

from treadle.dag.states import ExecutionStatus
from treadle.ledger.engine.execution_rows import LockedExecution
from treadle.monitoring import facts

_LEVELS = {ExecutionStatus.ERROR: logging.WARNING, ExecutionStatus.TIMEOUT: logging.WARNING}

_log = structlog.get_logger()


class Ended(NamedTuple):
    """An execution that a transaction ended."""

    execution: LockedExecution
    status: ExecutionStatus
    reason: str | None
    """Of its error."""


def log_executions(executions: Iterable[LockedExecution], ended: Iterable[Ended]) -> None:
    """Log what a transaction began and ended; not in a command, whose output is its answer."""
    if facts.are_kept() or not structlog.is_configured():
        return
    for each in executions:
        if each.created is not None:
            _log.info("execution.started", **_named(each), priority=each.priority)
    for execution, status, reason in ended:
        named = _named(execution)
        if reason is not None:
            named["reason"] = reason
        seconds = round(execution.age_seconds, 6)
        level = _LEVELS.get(status, logging.INFO)
        _log.log(level, "execution.ended", **named, status=status, seconds=seconds)


def _named(execution: LockedExecution) -> dict[str, Any]:
    return {
        "execution_id": str(execution.id),
        "workflow_id": execution.graph.workflow.metadata.id,
        "owner": execution.owner,
    }
