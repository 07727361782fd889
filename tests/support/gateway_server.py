"""A gateway on loopback, and clients of it that have keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import Thread
from typing import Any

import httpx

from tests.support.workflows import Document
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.gateway.process import Server
from treadle.ledger.views import keys
from treadle.monitoring.server import Address
from treadle.wire.keys import Scope

Event = dict[str, Any]


class Served:
    """A gateway that answers, until it is stopped."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        self._settings = settings
        self.server = Server(settings, Address("127.0.0.1", port))
        self._thread = Thread(target=self.server.serve_until_signal, name="gateway")
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    def client(self, owner: str = "ada", *scopes: Scope) -> Client:
        """Return a client that acts for `owner`, with these scopes or all."""
        return Client(self.url, self.key(owner, *scopes))

    def key(self, owner: str = "ada", *scopes: Scope) -> str:
        """Return a key that was made for this."""
        with connect(self._settings.database_url, autocommit=True) as connection:
            return keys.create(connection, owner, scopes or tuple(Scope)).text

    def stop(self) -> None:
        """Ask it to stop, as a signal does, and wait for its end."""
        self.server.should_exit = True
        self._thread.join(30)
        assert not self._thread.is_alive()


class Client:
    """Asks a gateway as one account."""

    def __init__(self, url: str, key: str | None) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=20)

    def get(self, path: str, **params: Any) -> Any:
        """Return the body of an answer that is 200."""
        answer = self.http.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        """Return the body of an answer that has this status."""
        answer = self.http.post(path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def submit(self, workflow: Document, value: Any = None, **headers: str) -> str:
        """Return the id of an execution that was acknowledged."""
        body = {"workflow": workflow, "input": {} if value is None else value}
        return str(self.post("/v1/executions", body, 202, **headers)["id"])

    def refusal(self, method: str, path: str, **request: Any) -> tuple[int, str]:
        """Return the status and the reason of a request that is refused."""
        answer = self.http.request(method, path, **request)
        assert answer.headers["content-type"] == "application/problem+json", answer.text
        problem = answer.json()
        assert problem["status"] == answer.status_code
        return answer.status_code, str(problem["error_details"]["reason"])

    @contextmanager
    def following(self, path: str, last_event_id: int | None = None) -> Iterator[Iterator[Event]]:
        """Follow a stream while inside: its events as they come."""
        headers = {"Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        with self.http.stream("GET", path, headers=headers) as answer:
            assert answer.status_code == 200, answer.read()
            yield server_sent(answer.iter_lines())

    def close(self) -> None:
        self.http.close()


def server_sent(lines: Iterator[str]) -> Iterator[Event]:
    """Return the events among the lines of a stream: id, event and data as JSON; comments too."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields:
                yield {**fields, "data": json.loads(fields["data"])}
            fields = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Run a gateway while inside."""
    served = Served(settings)
    try:
        yield served
    finally:
        served.stop()


class Clients(ExitStack):
    """Clients of one gateway, closed together."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self._served = served

    def of(self, owner: str = "ada", *scopes: Scope) -> Client:
        client = self._served.client(owner, *scopes)
        self.callback(client.close)
        return client

    def without_key(self) -> Client:
        return self.with_key(None)

    def with_key(self, key: str | None) -> Client:
        client = Client(self._served.url, key)
        self.callback(client.close)
        return client
