"""Logs: one configuration for every process, and the closed list of what may be logged.

An event is named `noun.past_participle`: what happened, to what. Facts are its fields; ids are
bound once per unit of work with `structlog.contextvars`. Levels: INFO, a state changed; DEBUG,
polling and harmless lost races; WARNING, a problem that is handled automatically; ERROR, a person
should look.

Modules log through `_log = structlog.get_logger()`; a test reads all of them and compares their
events with `EVENTS`.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import orjson
import structlog
from structlog.typing import Processor

from treadle.core.traces import Traces, traces_of

#: Every event that Treadle logs, and its meaning.
EVENTS: Mapping[str, str] = {
    "answer.refused": "An answer to a question could not count; the record has it, and why.",
    "attempt.crashed": "A node's implementation raised an unexpected error; the attempt failed.",
    "attempt.settled": "An attempt has its outcome; at DEBUG for inline nodes.",
    "counts.corrected": "What is kept of how much is open was wrong: by how much, each count.",
    "statistics.missed": "The cluster's gauges could not be looked up.",
    "cluster.started": "All services of `treadle up` are at work; `message` says where.",
    "cluster.stopped": "All services of `treadle up` have ended.",
    "database.lost": "A session broke in a transaction, whose outcome is now read back.",
    "database.missed": "The database does not answer; the committer keeps trying.",
    "delivery.crashed": "A message could not be sent because of a defect; it is tried again.",
    "delivery.arrived": "A question, or a warning of its end, reached its channel.",
    "delivery.failed": "A channel did not take a message; it is tried again.",
    "delivery.missed": "The database does not answer; messages to send wait.",
    "dependency.recovered": "A server that did not answer answers this process again.",
    "dependency.lost": "A server that this process uses does not answer it, or takes no session.",
    "drain.started": "The process was asked to stop: it takes nothing new, and finishes what runs.",
    "entry.dropped": "Something in Redis could not be read, and was removed.",
    "execution.left": "A definition of another release cannot be compiled here, and is left to it.",
    "error.ignored": "An error was raised where nothing can catch it, such as in a finalizer.",
    "execution.quarantined": "Something stored of an execution cannot be read; it ended as ERROR.",
    "execution.deferred": "Acting on an execution failed; it is left alone for a while.",
    "execution.ended": "An execution has ended; a WARNING if it failed or ran out of time.",
    "execution.started": "An execution was submitted, and that is committed.",
    "execution.woken": "A timer or a retry that was due made a node ready.",
    "gateway.started": "A gateway answers on its port.",
    "heartbeat.missed": "A beat could not be written; the next one follows.",
    "lease.orphaned": "A lease of this process has no running attempt in it, and was released.",
    "key.deleted": "A key in Redis had a wrong type; what it is to hold comes from the ledger.",
    "lease.reclaimed": "A node of a silent process was made ready again.",
    "library.logged": "A library logged something: the text is in `message`, its name in `logger`.",
    "loop.restarted": "User code stopped an event loop (`sys.exit`, `loop.stop`); it goes on.",
    "message.dropped": "A message's claim failed; its rows are sent again from the ledger.",
    "message.lost": "Nodes were noted as enqueued but are not in Redis; they are enqueued again.",
    "node.suspected": "Workers died while this node ran, so it runs alone in a child now.",
    "service.ended": "A service of `treadle up` ended by itself; it is started again.",
    "output.printed": "A service of `treadle up` wrote what is no log line: a task's print.",
    "partition.dropped": "Records past retention were removed.",
    "pauses.restored": "The pause table was lost, and every pending question is in it again.",
    "plan.crashed": "A model's plan could not be read because of a defect; it is not asked again.",
    "process.crashed": "The process ends by a defect.",
    "process.failed": "The process ends by an error: what is wrong, and what to do about it.",
    "process.left": "The process ended with its grace, while a part of it still waited.",
    "publisher.failed": "Post-commit work could not be published because of a defect.",
    "question.left_out": "A stored question cannot be read, and is not listed.",
    "question.timed_out": "Its time was over, and its node continued as configured, or failed.",
    "question.warned": "A question's time is nearly over, and people were notified.",
    "queue.stranded": "Nodes wait for a task or a type that no live process can run.",
    "request.crashed": "The gateway could not answer a request because of a defect.",
    "request.answered": "A request was answered, or its client left before that (499).",
    "request.refused": "A transaction failed for another reason than an outage.",
    "secret.refused": "A secret is not offered to the owner who used it, or not for that host.",
    "secrets.offered": "The names of a worker's secrets, and whether they are offered to others.",
    "scheduler.failed": "A pass of the scheduler failed because of a defect; the next one follows.",
    "scheduler.missed": "A pass of the scheduler failed; the next one repeats its work.",
    "scheduler.started": "The scheduler began its passes.",
    "scheduler.stopped": "The scheduler stopped on request.",
    "sweeper.failed": "A pass over due questions failed because of a defect.",
    "sweeper.missed": "The database or Redis does not answer; the sweeper keeps trying.",
    "task.logged": "A task printed or logged a line: the `text`, and where.",
    "thread.crashed": "A thread ended by an error that nothing in it caught.",
    "thread.lost": "A thread that its process cannot do without has ended; the process ends.",
    "worker.forgotten": "This process was considered dead; it continues under a new id.",
    "worker.left": "The process ends without deregistering, because it cannot reach the ledger.",
    "worker.started": "A worker process is registered and claims work.",
    "worker.stopped": "A worker process stopped on request.",
}


#: Fields whose words come from errors and libraries: they may quote anything.
_WORDS = ("exception", "detail", "message", "error", "traceback")
#: Tracebacks without local variables: those hold secrets and payloads.
_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


#: The level that was configured last; in a list, for it changes.
_levels = ["INFO"]


def level() -> str:
    """Return the lowest level that is written, for the children of this process."""
    return _levels[-1]


def configure(level: str = "INFO", *, stream: TextIO | None = None) -> None:
    """Send the logs of Treadle, and of the libraries it uses, to `stream` from now on.

    A terminal gets readable lines in colour, anything else one JSON object a line.

    Args:
        level: the lowest level of Treadle's logs that is written; for libraries it is WARNING.
        stream: standard error if None.
    """
    _levels[:] = [level]
    target = sys.stderr if stream is None else stream
    readable = target.isatty()
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    shared += [structlog.processors.ExceptionRenderer(_TRACEBACK), without_secrets]
    render: list[Processor] = (
        [as_text, structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
        if readable
        else [structlog.processors.JSONRenderer(serializer=_to_json)]
    )
    structlog.configure(
        processors=[*shared, *render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    _listen_to_libraries()


def without_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Mask what this process must keep to itself in the words of errors and libraries."""
    words = [name for name in _WORDS if event.get(name)]
    if words:
        from treadle.core.settings import hidden_values  # noqa: PLC0415 - no need in a child

        traces = traces_of(hidden_values())
        for name in words:
            event[name] = _masked(event[name], traces)
    return event


def _masked(value: Any, traces: Traces) -> Any:
    match value:
        case str():
            return traces.masked(value)
        case list() | tuple():
            return [_masked(each, traces) for each in value]
        case dict():
            return {name: _masked(each, traces) for name, each in value.items()}
    return value


def as_text(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write what `traceback_of` returned as lines for a terminal."""
    if isinstance(event.get("exception"), list):
        lines: list[str] = []
        for each in event["exception"]:
            lines += (f"  {at['filename']}:{at['lineno']} in {at['name']}" for at in each["frames"])
            lines.append(f"{each['exc_type']}: {each['exc_value']}")
        event["exception"] = "\n".join(lines)
    return event


def traceback_of(error: BaseException) -> list[dict[str, Any]]:
    """Return what `exc_info=error` is in a line of JSON; to be given as `exception`."""
    return [*_TRACEBACK((type(error), error, error.__traceback__))]


class LibraryHandler(logging.Handler):
    """Forwards the logs of libraries, from the standard module to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger().log(
            record.levelno,
            "library.logged",
            logger=record.name,
            message=record.getMessage(),
            exc_info=record.exc_info,
        )


def _listen_to_libraries() -> None:
    root = logging.getLogger()
    for handler in root.handlers:
        if isinstance(handler, LibraryHandler):
            return
    handler = LibraryHandler(logging.WARNING)  # also where user code may log at a lower level
    root.addHandler(handler)
    root.setLevel(logging.WARNING)


def _to_json(event: dict[str, Any], default: Any, **_: Any) -> str:
    """Serialize one event; a value that JSON does not support is written as its `repr`."""
    return orjson.dumps(event, default=default, option=orjson.OPT_NON_STR_KEYS).decode()
