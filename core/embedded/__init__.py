"""PostgreSQL and Valkey inside the project: what `treadle up`, the demo and the tests run on.

Who decides what:

- `folder` says who holds a data folder and where its servers answer. The lock file is held by the
  servers too, which inherit it; so a free lock proves that no process of an earlier run is alive,
  and stale pid files and sockets may be removed.
- `ownership` says whom the servers run as and where their sockets lie.
- `postgres` and `valkey` say how each is started; `server` starts, stops and restarts either.
- `servers` puts the two together: lock, start, publish, stop.

What can go wrong, and what follows:

- The parent is killed: each server's guardian (see `core.processes`) stops it; the next start waits
  for that. Guardian killed: the kernel tells the server.
- A server ends: its `is_running()` says so; `start()` starts it again at the same address.
- A second start in one folder: `FolderHeld`, naming the holder and since when.
- The machine loses power: fsync is on, PostgreSQL recovers at the next start. Valkey forgets all,
  by design: it only carries.

Nothing listens on the network, and the sockets' folders are open to their user alone, which is all
the authentication there is.
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
