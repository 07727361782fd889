"""Embedded PostgreSQL and Valkey, for `treadle up`, the demo and the tests.

Who decides what:

- `folder` decides who holds a data folder and records the addresses of its servers. The servers
  inherit the lock file and hold it too; so a free lock proves that no process of an earlier run is
  alive, and stale pid files and sockets may be removed.
- `ownership` decides which user the servers run as and where their sockets are.
- `postgres` and `valkey` define how each is started; `server` starts, stops and restarts either.
- `servers` combines the two: lock, start, publish, stop.

What can go wrong, and what follows:

- The parent is killed: each server's guardian (see `core.processes`) stops it; the next start waits
  for that. If the guardian is killed, the kernel signals the server.
- A server ends: `is_running()` returns false; `start()` starts it again at the same address.
- A second start in one folder: `FolderHeld`, with the holder and since when.
- The machine loses power: fsync is on, PostgreSQL recovers at the next start. Valkey loses all its
  data, by design: nothing is stored there alone.

Nothing listens on the network. Only their user can open the sockets' folders, and there is no other
authentication.
"""

from treadle.core.embedded.folder import Cluster, FolderHeld, FolderNotOurs, find_cluster
from treadle.core.embedded.postgres import EmbeddedPostgres
from treadle.core.embedded.server import ServerFailed
from treadle.core.embedded.servers import EmbeddedServers
from treadle.core.embedded.valkey import EmbeddedValkey

__all__ = [
    "Cluster",
    "EmbeddedPostgres",
    "EmbeddedServers",
    "EmbeddedValkey",
    "FolderHeld",
    "FolderNotOurs",
    "ServerFailed",
    "find_cluster",
]
