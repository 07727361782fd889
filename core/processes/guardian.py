"""The guardian: a small process that starts one child and does not outlive its own parent.

Run as a script on the bare standard library (`python -I -S guardian.py SPEC`), so that it starts
in milliseconds and needs little memory. Parent, guardian and child are tied in three ways:

- the parent and the guardian share a socket pair: when the parent dies in any way, the socket
  closes, and the child is asked to stop, then killed;
- the child has a parent-death signal, so killing the guardian kills the child too (Linux);
- the guardian ends with the child's status, after killing what the child left in its group.

The parent also sends signals through the socket: each byte is the number of a signal for the child.
Only the guardian reaps the child, so a signal never reaches another process that got its id.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_SECUREBITS = 28
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION_3 = 0x20080522
_CAP_DAC_OVERRIDE = 1
_SECBIT_NO_SETUID_FIXUP = 1 << 2
#: The exit status of a shell for a command that cannot be run.
_CANNOT_RUN = 127


def main() -> int:
    """Start the child that the specification names, watch it, and return its exit status."""
    spec = json.loads(sys.argv[1])
    control = socket.socket(fileno=spec["control"])
    wakeup = _listen_for_signals()
    guardian = os.getpid()
    child = os.fork()
    if child == 0:
        _become(spec, control, guardian)
    control.sendall(f"{child}\n".encode())
    status = _watch(child, control, wakeup, spec)
    _kill_group(child)
    return os.waitstatus_to_exitcode(status)


def _listen_for_signals() -> int:
    """Turn arriving signals into bytes of a pipe; return the end to read."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.set_blocking(writer, False)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    return reader


def _watch(child: int, control: socket.socket, wakeup: int, spec: dict[str, Any]) -> int:
    """Pass signals on until the child ends; return its wait status."""
    orphaned_until = None
    sources: list[Any] = [control, wakeup]
    while True:
        pause = None if orphaned_until is None else max(0.0, orphaned_until - time.monotonic())
        readable, _, _ = select.select(sources, [], [], pause)
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if not readable and orphaned_until is not None:
            os.kill(child, signal.SIGKILL)
            return os.waitpid(child, 0)[1]
        if wakeup in readable:
            for number in os.read(wakeup, 256):
                if number != signal.SIGCHLD:
                    os.kill(child, number)
        if control in readable:
            signals = control.recv(256)
            for number in signals:
                os.kill(child, number)
            if not signals:
                sources.remove(control)
                orphaned_until = time.monotonic() + spec["patience_seconds"]
                os.kill(child, spec["farewell"])


def _become(spec: dict[str, Any], control: socket.socket, guardian: int) -> None:
    """Turn the forked process into the child: own group, fewer privileges, then its program."""
    try:
        control.close()
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        os.setpgid(0, 0)
        if spec["user"] is not None:
            _drop_root(*spec["user"], reach=spec["reach"])
        # After the change of user, which would clear it.
        _die_with(guardian, spec["farewell"])
        os.execv(spec["argv"][0], spec["argv"])  # noqa: S606 - the argv is the supervisor's own
    except OSError as error:
        print(f"cannot run {spec['argv'][0]}: {error}", file=sys.stderr, flush=True)  # noqa: T201
    finally:
        os._exit(_CANNOT_RUN)


def _die_with(guardian: int, farewell: int) -> None:
    """Ask the kernel for a signal at the guardian's death; does nothing except on Linux."""
    if not sys.platform.startswith("linux"):
        return
    _check(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, farewell, 0, 0, 0))
    if os.getppid() != guardian:
        os._exit(_CANNOT_RUN)


def _drop_root(user: int, group: int, *, reach: bool) -> None:
    """Become another user; with `reach`, keep access to folders closed to that user.

    A repository under `/root` is closed to other users, with its programs and data. One ambient
    capability opens it to this child alone, and no file's mode or owner is changed.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if reach:
        # Without this bit, access(2), which PostgreSQL uses to find its own program, ignores
        # capabilities. With it, all of root's survive setuid, until capset below drops the others.
        _check(libc.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    if reach:
        mask = 1 << _CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
        sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
        _check(libc.capset(header, sets))
        _check(libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0))


def _check(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _kill_group(child: int) -> None:
    """Kill what the ended child left running in its own process group."""
    try:
        os.killpg(child, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


if __name__ == "__main__":
    code = main()
    sys.exit(code if code >= 0 else 128 - code)
