"""Tasks that tests run in children."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from threading import Timer

from treadle import task
from treadle.monitoring.logs import level


@task(lane="process")
def child_pid() -> int:
    return os.getpid()


@task(lane="process")
def child_prints(text: str) -> int:
    print(text)  # noqa: T201 - what this task is for
    return len(text)


@task(lane="process")
def child_exits() -> None:
    os._exit(9)


@task(lane="process")
def child_sleeps() -> None:
    time.sleep(60)


@task(lane="process")
def child_reads_input() -> str:
    return sys.stdin.read()


@task(lane="process")
def child_leaves_reader() -> int:
    """Leave a process behind that reads standard input, and return its id."""
    return subprocess.Popen(["cat"], stdout=subprocess.DEVNULL).pid


@task(lane="process")
def child_echoes(value: str) -> str:
    return value


@task(lane="process")
def child_returns_twice(value: str) -> str:
    """Fork, and have both copies return."""
    return f"{value}, a copy" if os.fork() == 0 else value


@task(lane="process")
def child_forks_and_dies() -> None:
    if os.fork() == 0:
        time.sleep(300)
    os._exit(5)


@task(lane="process")
def child_starts_sleeper(note: str) -> None:
    sleeper = subprocess.Popen(["sleep", "300"])
    Path(note).write_text(str(sleeper.pid))
    sleeper.wait()


@task(lane="process")
def child_sends(data: str) -> str:
    """Write to every socket that it finds, before its answer."""
    _write_to_sockets(data.encode())
    return data


@task(lane="process")
def child_sends_later(data: str) -> str:
    """Write to every socket that it finds, after its answer."""
    Timer(0.2, _write_to_sockets, [data.encode()]).start()
    return data


def _write_to_sockets(data: bytes) -> None:
    for number in map(int, os.listdir("/proc/self/fd")):
        try:
            with socket.socket(fileno=os.dup(number)) as found:
                found.sendall(data)
        except OSError:
            continue


@task(lane="process")
def child_environment_read() -> dict[str, list[str]]:
    """Return what it and who started it show of the environment, by where."""
    read = {"os": list(os.environ)}
    for name in ("self", str(os.getppid())):
        entries = Path(f"/proc/{name}/environ").read_bytes().decode().split("\0")
        read[name if name == "self" else "guardian"] = [each.split("=")[0] for each in entries]
    return read


@task(lane="process")
def child_inherited() -> list[str]:
    """Return the descriptors that a process has which it starts, beside the standard ones."""
    shown = subprocess.run(
        [sys.executable, "-c", "import os; print(*os.listdir('/proc/self/fd'))"],
        capture_output=True, text=True, check=True, close_fds=False,
    )  # fmt: skip
    return sorted(set(shown.stdout.split()) - {"0", "1", "2", "3"})


@task(lane="process")
def child_log_level() -> str:
    return level()
