"""Watching: in a terminal, interrupted, and by events that come in sequence."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

from redis.client import PubSub

from tests.support.command_line import TREADLE, Folder, Running
from tests.support.workflows import chain, node
from treadle.cli.local import Local
from treadle.core.embedded import find_cluster
from treadle.core.settings import Settings
from treadle.transport.connections import Connections
from treadle.transport.notifier import channel

WaitUntil = Callable[..., Any]

STEPS = chain(*(node(f"step_{n}") for n in range(5)))
REST = chain(node("rest", "FLOW.DELAY", configurations={"duration_seconds": 1.5}))


def test_a_terminal_gets_a_tree_that_is_redrawn(folder: Folder) -> None:
    """While it runs, and once more as it ended."""
    file = folder.write("rest.json", REST)
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [TREADLE, "submit", file, "--watch"],
        cwd=folder.path,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color"},
    ) as process:
        os.close(theirs)
        seen = read_to_end(ours)

    assert process.returncode == 0
    assert "RUNNING" in seen
    assert "▶" in seen
    assert "SUCCESS" in seen.rpartition("RUNNING")[2]
    assert "\x1b[2K" in seen


def test_ctrl_c_ends_the_watching_and_not_the_execution(
    folder: Folder, wait_until: WaitUntil
) -> None:
    """It says how to go on watching, and exits as programs do after a Ctrl-C."""
    slow = chain(node("rest", "FLOW.DELAY", configurations={"duration_seconds": 3600}))
    execution_id = folder.run("submit", folder.write("slow.json", slow)).out.strip()
    later = folder.run("submit", folder.write("rest.json", REST)).out.strip()
    with closing(Running(folder.path, ("watch", execution_id))) as watching:
        wait_until(lambda: "RUNNING" in watching.said)

        status = watching.end(signal.SIGINT)

    assert status == 128 + signal.SIGINT
    assert f"treadle watch {execution_id}" in watching.said
    assert "Traceback" not in watching.said
    assert folder.run("show", execution_id, "--json").document["status"] == "RUNNING"
    assert folder.run("watch", later).code == 0
    folder.run("cancel", execution_id)


def test_events_come_in_sequence_and_end_with_the_execution(
    folder: Folder, cluster_folder: Path
) -> None:
    """From the first one on, without a gap; those after a seq are the rest of the same."""
    execution_id = UUID(folder.run("submit", folder.write("steps.json", STEPS)).out.strip())
    with closing(local_to(cluster_folder)) as local:
        events = [event for batch in local.follow(execution_id) for event in batch]
        rest = [event for batch in local.follow(execution_id, after_seq=3) for event in batch]

    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert events[0].event_type == "execution_started"
    assert events[-1].event_type == "execution_completed"
    assert rest == events[3:]


def test_an_execution_is_followed_without_redis(folder: Folder, cluster_folder: Path) -> None:
    """The bell only saves time."""
    execution_id = UUID(folder.run("submit", folder.write("rest.json", REST)).out.strip())

    with closing(local_to(cluster_folder, redis_url="unix:///nowhere.sock")) as local:
        events = [event for batch in local.follow(execution_id) for event in batch]

    assert events[-1].event_type == "execution_completed"


def test_workers_ring_for_who_follows(
    folder: Folder, cluster_folder: Path, tmp_path: Path, wait_until: WaitUntil
) -> None:
    """The bell of the last event tells its seq."""
    gate = tmp_path / "gate"
    config = {"task": "wait_for"}
    step = node(
        "call", "ACTION.PYTHON_TASK", configurations=config, input_params={"file": str(gate)}
    )
    execution_id = folder.run("submit", folder.write("gate.json", chain(step))).out.strip()
    with closing(local_to(cluster_folder)) as local:
        client = local.connections.broker.client
        listener = PubSub(client.connection_pool, ignore_subscribe_messages=True)
        listener.subscribe(channel(UUID(execution_id)))
        wait_until(lambda: client.pubsub_channels(channel(UUID(execution_id))))
        subscribed = time.monotonic()
        # Workers ask who listens ten times a second at most.
        wait_until(lambda: time.monotonic() > subscribed + 0.2)
        gate.touch()
        last_seq = folder.run("watch", execution_id, "--json").document["last_seq"]

        def next_bell() -> int:
            heard = listener.get_message(timeout=0.1)
            return int(heard["data"]) if heard else 0

        assert wait_until(lambda: next_bell() == last_seq)
        listener.close()


def local_to(cluster_folder: Path, redis_url: str | None = None) -> Local:
    cluster = find_cluster(cluster_folder / ".treadle")
    assert cluster is not None
    settings = Settings(
        configured_database_url=cluster.database_url,
        configured_redis_url=redis_url or cluster.redis_url,
    )
    return Local(Connections.to(settings))


def read_to_end(descriptor: int) -> str:
    """Return all that is written to a terminal until its last user has closed it."""
    parts: list[bytes] = []
    while True:
        try:
            part = os.read(descriptor, 65_536)
        except OSError:  # how Linux tells the end of a terminal
            part = b""
        if not part:
            os.close(descriptor)
            return b"".join(parts).decode()
        parts.append(part)
