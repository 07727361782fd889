"""Hold the servers of a folder until Ctrl-C; a parent for the tests to kill.

Prints one line of JSON when they answer, and one more on Ctrl-C, to show that they still do.
"""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

from treadle.core import postgres
from treadle.core.embedded import EmbeddedServers


def main() -> None:
    """Hold the servers of the folder that the first argument names."""
    with EmbeddedServers(Path(sys.argv[1])) as servers:
        try:
            _tell(
                database_url=servers.database_url,
                redis_url=servers.redis_url,
                pids=[servers.postgres.pid, servers.valkey.pid],
            )
            signal.pause()
        except KeyboardInterrupt:
            with postgres.connect(servers.database_url) as session:
                session.execute("SELECT 1")
            _tell(still="there")


def _tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201 - the protocol of this script


if __name__ == "__main__":
    main()
