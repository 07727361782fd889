"""The client: all that a cluster does for a program, typed, as `Client` and as `AsyncClient`.

    asynchronous   the client and its runs as coroutines: the source of both
    synchronous    the same without them, written from it by `from_async`
    requests       what is asked, as values; where a gateway is and with which key
    answers        what comes back: objects of the wire, or errors by reason
    errors         a class for each family of statuses

Both stand on the models of `treadle.wire`. Every request that begins something has an idempotency
key, made if none is given, so that a request whose answer was lost is sent again without harm.
"""

from treadle.client.asynchronous import AsyncClient, AsyncRun
from treadle.client.synchronous import Client, Run

__all__ = ["AsyncClient", "AsyncRun", "Client", "Run"]
