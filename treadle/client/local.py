"""A cluster without a gateway: the gateway's application in this process, on no port.

It reads and writes the ledger as the command line does, as the account of whoever has the ledger at
hand. Requests reach it as calls: one event loop in a thread of its own answers for all clients of a
cluster in this process, and a stream comes piece by piece, so that clients see no difference.
"""

from __future__ import annotations

import asyncio
import queue
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import AsyncExitStack
from threading import Lock, Thread
from typing import Any, ClassVar
from weakref import finalize

import httpx

from treadle.core.errors import TreadleError
from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings

Message = MutableMapping[str, Any]
#: What stands for the end of an answer.
_END: Message = {"type": "end"}


class LocalFailed(TreadleError):
    """The application that asks the ledger in this process could not begin."""

    reason: ClassVar[str] = "cluster_unreachable"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Run `treadle doctor` to see what is down, and start it."


class Local:
    """The application of one cluster, in a thread."""

    _of: ClassVar[dict[tuple[str, str], Local]] = {}
    _users: ClassVar[Counter[tuple[str, str]]] = Counter()
    _making: ClassVar[Lock] = Lock()

    def __init__(self, settings: Settings) -> None:
        from treadle.gateway.app import build  # noqa: PLC0415 - it takes half a second to import

        self._app = build(settings, owner=LOCAL_OWNER)
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._loop.run_forever, name="treadle-local", daemon=True)
        self._thread.start()
        self._lifespan = AsyncExitStack()
        try:
            self._here(self._begin()).result()
        except Exception as error:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise LocalFailed(f"The cluster cannot be reached: {error}") from error

    @classmethod
    def taken(cls, settings: Settings) -> Local:
        """Return the application of a cluster; there is one in a process, until all let go of it.

        Raises:
            NoServers: no address is set and no cluster runs in this folder.
            LocalFailed: it cannot be reached.
        """
        address = (settings.database_url, settings.redis_url)
        with cls._making:
            if address not in cls._of:
                cls._of[address] = cls(settings)
            cls._users[address] += 1
            return cls._of[address]

    @classmethod
    def let_go(cls, local: Local) -> None:
        """Use an application no more; the last one who does closes it."""
        with cls._making:
            address = next(each for each, one in cls._of.items() if one is local)
            cls._users[address] -= 1
            if not cls._users[address]:
                cls._of.pop(address).close()

    def close(self) -> None:
        """Close every connection."""
        self._here(self._lifespan.aclose()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def ask(self, request: httpx.Request, tell: Callable[[Message], object]) -> Future[None]:
        """Have a request answered; `tell` is called in the thread with each piece of the answer."""
        return self._here(self._answer(request, tell))

    def _here(self, work: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _begin(self) -> None:
        await self._lifespan.enter_async_context(self._app.router.lifespan_context(self._app))

    async def _answer(self, request: httpx.Request, tell: Callable[[Message], object]) -> None:
        body = request.content
        left = asyncio.Event()

        async def receive() -> Message:
            nonlocal body
            if body is not None:
                message = {"type": "http.request", "body": body, "more_body": False}
                body = None  # type: ignore[assignment]
                return message
            await left.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            tell(message)

        try:
            await self._app(_scope(request), receive, send)
        finally:
            left.set()
            tell(_END)


def _scope(request: httpx.Request) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "server": (request.url.host, request.url.port),
        "client": ("127.0.0.1", 0),
        "root_path": "",
        "state": {},
    }


def _seconds(request: httpx.Request) -> float | None:
    seconds: float | None = request.extensions.get("timeout", {}).get("read")
    return seconds


def _late(request: httpx.Request) -> httpx.ReadTimeout:
    return httpx.ReadTimeout("The answer takes too long.", request=request)


class _Use:
    """A transport's use of the application: from its first request until it is closed or gone."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._local: Local | None = None

    def local(self) -> Local:
        if self._local is None:
            self._local = Local.taken(self._settings)
            self._end = finalize(self, Local.let_go, self._local)
        return self._local

    def end(self) -> None:
        if self._local is not None:
            self._end()
            self._local = None


class LocalTransport(httpx.BaseTransport):
    """What carries the requests of a client to the application."""

    def __init__(self, settings: Settings) -> None:
        self._use = _Use(settings)

    def close(self) -> None:
        """Let go of the application."""
        self._use.end()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, whose body comes as it is read."""
        request.read()
        pieces: queue.SimpleQueue[Message] = queue.SimpleQueue()
        asked = self._use.local().ask(request, pieces.put)
        stream = _Pieces(request, pieces, asked)
        start = stream.next()
        if start is _END:
            asked.result()
        return httpx.Response(start["status"], headers=start["headers"], stream=stream)


class _Pieces(httpx.SyncByteStream):
    def __init__(
        self, request: httpx.Request, pieces: queue.SimpleQueue[Message], asked: Future[None]
    ) -> None:
        self._request, self._pieces, self._asked = request, pieces, asked

    def next(self) -> Message:
        try:
            return self._pieces.get(timeout=_seconds(self._request))
        except queue.Empty:
            self.close()
            raise _late(self._request) from None

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self.next()) is not _END:
            yield piece.get("body", b"")

    def close(self) -> None:
        self._asked.cancel()


class AsyncLocalTransport(httpx.AsyncBaseTransport):
    """What carries the requests of a client of coroutines to the application."""

    def __init__(self, settings: Settings) -> None:
        self._use = _Use(settings)

    async def aclose(self) -> None:
        """Let go of the application."""
        await asyncio.to_thread(self._use.end)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the answer, whose body comes as it is read."""
        await request.aread()
        loop, pieces = asyncio.get_running_loop(), asyncio.Queue[Message]()

        def tell(message: Message) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(pieces.put_nowait, message)

        local = await asyncio.to_thread(self._use.local)
        asked = local.ask(request, tell)
        stream = _AsyncPieces(request, pieces, asked)
        start = await stream.next()
        if start is _END:
            asked.result()
        return httpx.Response(start["status"], headers=start["headers"], stream=stream)


class _AsyncPieces(httpx.AsyncByteStream):
    def __init__(
        self, request: httpx.Request, pieces: asyncio.Queue[Message], asked: Future[None]
    ) -> None:
        self._request, self._pieces, self._asked = request, pieces, asked

    async def next(self) -> Message:
        try:
            return await asyncio.wait_for(self._pieces.get(), _seconds(self._request))
        except TimeoutError:
            self._asked.cancel()
            raise _late(self._request) from None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while (piece := await self.next()) is not _END:
            yield piece.get("body", b"")

    async def aclose(self) -> None:
        self._asked.cancel()
