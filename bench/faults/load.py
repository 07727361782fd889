"""A closed loop over HTTP: so many executions of each kind are kept in progress.

Whoever ends is replaced. Submissions go to both gateways, under idempotency keys, and again and
again until they are acknowledged; what ended is read from the ledger and checked.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from threading import Event, Lock, Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg

from bench.faults.cell import OWNER, Cell
from bench.faults.checks import Sent, look
from bench.faults.mix import Kind, kinds

#: Submissions and answers under way at once; more than can hang on one silent gateway.
_CLIENTS = 32
_POLL_SECONDS = 0.25
#: Seconds until a client gives up a gateway that does not answer, and asks the other one.
_REQUEST_SECONDS = 5.0
_PAUSE_SECONDS = 0.5
#: Every so many submissions are sent once more under the same key.
_REPEATED = 10
#: What the gateway answers where it cannot know or do now what it is asked.
_AGAIN = {429, 503, 504}

_LIVE = """
select floor(extract(epoch from finished_at))::bigint, count(*) from node_executions
where execution_id = any(%s) and finished_at is not null group by 1
"""
_PENDING = "select id from interactions where execution_id = any(%s) and status = 'pending'"
_IN_THE_LEDGER = "select id from executions where owner = %s"


class Load:
    """The executions in progress, and all that was found of those that ended."""

    def __init__(self, cell: Cell) -> None:
        self.ended: Counter[str] = Counter()
        """Executions that ended, by kind."""
        self.settled: Counter[int] = Counter()
        """Their nodes, by the second of their end."""
        self.problems: list[str] = []
        self.answers: Counter[str] = Counter()
        """Answers of the gateways other than 2xx, and errors of connections."""
        self.open: dict[UUID, Sent] = {}
        self._cell = cell
        self._marks = cell.folder / "marks"
        self._marks.mkdir(exist_ok=True)
        self._all: set[UUID] = set()
        self._numbers = count(1)
        self._unsent = 0
        """Submissions that were not acknowledged yet."""
        self._asking: set[UUID] = set()
        self._lock = Lock()
        self._stopping = Event()
        self._closing = Event()
        self._pool = ThreadPoolExecutor(_CLIENTS, "client")
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {cell.key}"},
            timeout=_REQUEST_SECONDS,
            limits=httpx.Limits(max_connections=2 * _CLIENTS),
        )
        self._kinds = kinds(f"{cell.outside}/")
        self._thread = Thread(target=self._follow, name="load")

    def start(self) -> None:
        """Store the workflows and begin."""
        for kind in self._kinds:
            if kind.document:
                self._ask("/v1/workflows", kind.document)
            for _ in range(kind.at_once):
                self._send(kind)
        self._thread.start()

    def drain(self, seconds: float) -> None:
        """Submit no more, and wait until all have ended; those that do not are problems."""
        self._stopping.set()
        deadline = time.monotonic() + seconds
        while (self.open or self._unsent) and time.monotonic() < deadline:
            if not self._thread.is_alive():
                break
            time.sleep(_POLL_SECONDS)
        late = [f"{each} ({sent.kind.name}): it did not end" for each, sent in self.open.items()]
        self.problems += late
        if self._unsent:
            self.problems.append(f"{self._unsent} submissions were never acknowledged")
        with self._cell.session() as session:
            found = {row[0] for row in session.execute(_IN_THE_LEDGER, (OWNER,))}
        self.problems += [f"{each}: it was acknowledged to nobody" for each in found - self._all]
        self.problems += [f"{each}: it is not in the ledger" for each in self._all - found]

    def close(self) -> None:
        """End all threads."""
        self._stopping.set()
        self._closing.set()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)
        self._http.close()

    def settled_by_now(self) -> Counter[int]:
        """Return nodes by the second of their end, also of executions in progress."""
        with self._cell.session() as session, self._lock:
            rows = session.execute(_LIVE, (list(self.open),)).fetchall()
            return self.settled + Counter(dict(rows))

    # -- sending ------------------------------------------------------------------------------

    def _send(self, kind: Kind) -> None:
        with self._lock:
            self._unsent += 1
        self._pool.submit(self._submit, kind, next(self._numbers))

    def _submit(self, kind: Kind, number: int) -> None:
        key = str(uuid4())
        mark = str(self._marks / str(number))
        path, body = _request(kind, number, mark)
        first = self._ask(path, body, key)
        if first is None:
            return
        if number % _REPEATED == 0:
            again = self._ask(path, body, key)
            if again is not None and (again["id"], again["repeated"]) != (first["id"], True):
                self.problems.append(f"{first['id']}: the same key made {again['id']}")
        execution_id = UUID(first["id"])
        with self._lock:
            self.open[execution_id] = Sent(kind, number)
            self._all.add(execution_id)
            self._unsent -= 1

    def _answer(self, question: UUID) -> None:
        self._ask(f"/v1/interactions/{question}/answer", {"decision": "confirmed"})
        with self._lock:
            self._asking.discard(question)

    def _ask(self, path: str, body: Any, key: str | None = None) -> Any:
        """Ask one gateway after the other until one answers; `None` if the run is over."""
        headers = {"Idempotency-Key": key} if key else {}
        for turn in count(next(self._numbers)):
            if self._closing.is_set():
                return None
            port = self._cell.gateways[turn % len(self._cell.gateways)]
            try:
                answer = self._http.post(
                    f"http://127.0.0.1:{port}{path}", json=body, headers=headers
                )
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
            else:
                if answer.is_success:
                    return answer.json()
                self.answers[str(answer.status_code)] += 1
                if answer.status_code not in _AGAIN:
                    self.problems.append(f"{path}: {answer.status_code} {answer.text[:300]}")
                    if answer.status_code < 500:
                        return None
            self._closing.wait(_PAUSE_SECONDS)
        return None

    # -- following ----------------------------------------------------------------------------

    def _follow(self) -> None:
        try:
            self._follow_until_closed()
        except Exception as error:
            self.problems.append(f"the bench failed: {error!r}")
            raise

    def _follow_until_closed(self) -> None:
        session: psycopg.Connection | None = None
        while not self._closing.wait(_POLL_SECONDS):
            try:
                session = session or self._cell.session()
                self._replace_ended(session)
                self._answer_questions(session)
            except psycopg.OperationalError:
                with suppress(psycopg.Error):
                    if session is not None:
                        session.close()
                session = None
        if session is not None:
            session.close()

    def _replace_ended(self, session: psycopg.Connection) -> None:
        with self._lock:
            present = dict(self.open)
        found = look(session, present)
        with self._lock:
            self.settled += found.settled
            self.problems += found.problems
            for execution_id in found.ended:
                del self.open[execution_id]
        for execution_id in found.ended:
            kind = present[execution_id].kind
            self.ended[kind.name] += 1
            if not self._stopping.is_set():
                self._send(kind)

    def _answer_questions(self, session: psycopg.Connection) -> None:
        with self._lock:
            asking = [each for each, sent in self.open.items() if sent.kind.name == "asked"]
        for (question,) in session.execute(_PENDING, (asking,)):
            if question not in self._asking:
                self._asking.add(question)
                self._pool.submit(self._answer, question)


def _request(kind: Kind, number: int, mark: str) -> tuple[str, dict[str, Any]]:
    """Return the path and the body that start an execution of a kind."""
    if not kind.document:
        return "/v1/plans", {"prompt": f"Think about {number}."}
    value: dict[str, Any] = {"v": number}
    if kind.name in ("retried", "failing"):
        value["mark"] = mark
    return "/v1/executions", {"workflow_id": kind.name, "input": value}
