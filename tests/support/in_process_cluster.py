"""A whole cluster in this process: a worker and a scheduler on real servers, in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any
from uuid import UUID

from tests.support.wire import written
from tests.support.workflows import Document, valid
from treadle.core.settings import Settings
from treadle.dag.values import Value
from treadle.ledger.engine.submission import Submission, Submitted, submit_all
from treadle.ledger.views import executions
from treadle.scheduler.process import Scheduler
from treadle.transport.connections import Connections
from treadle.workers.process import WorkerProcess


class InProcess:
    """Submits to the cluster, and reads what became of it."""

    def __init__(self, settings: Settings) -> None:
        self.connections = Connections.to(settings)
        self.session = self.connections.open_session()

    def is_served(self) -> bool:
        """Return whether some process takes a queue; nothing is sent before, but by a scheduler."""
        self.connections.queue.refresh(force=True)
        return bool(self.connections.queue.served())

    def submit(self, document: Document, value: Value = None, **more: Any) -> UUID:
        """Submit a valid document and send what is ready."""
        return self.submit_each(document, [value], **more)[0]

    def submit_each(self, document: Document, values: Iterable[Value], **more: Any) -> list[UUID]:
        """Submit a valid document with each of these inputs, in one transaction."""
        validation = valid(document)
        assert validation.workflow is not None
        assert validation.graph is not None
        workflow, graph = validation.workflow, validation.graph
        requests = [Submission(workflow, graph, value or {}, **more) for value in values]
        answers = submit_all(self.connections.engine, self.session, requests)
        return [each.execution_id for each in answers if isinstance(each, Submitted)]

    def has_ended(self, execution: UUID) -> bool:
        return self.shown(execution, records=0)["end_time"] is not None

    def shown(self, execution: UUID, *, records: int = 5_000) -> dict[str, Any]:
        """Return an execution as the wire model shows it."""
        shown: dict[str, Any] = written(
            executions.execution(
                self.session, self.connections.engine.graphs, execution, records=records
            )
        )
        return shown

    def close(self) -> None:
        self.session.close()


@contextmanager
def running(settings: Settings) -> Iterator[InProcess]:
    """Run a worker and a scheduler while inside; both end in order, or the test fails."""
    with in_threads(
        WorkerProcess(settings).run_until, Scheduler(Connections.to(settings)).run_until
    ):
        client = InProcess(settings)
        yield client
        client.close()


@contextmanager
def in_threads(*services: Callable[[Event], None]) -> Iterator[None]:
    """Run services in threads until the block ends."""
    stop = Event()
    threads = [Thread(target=service, args=(stop,)) for service in services]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
