"""The user that the servers run as, and the folder for their sockets.

PostgreSQL refuses to run as root. Under root it runs as the owner of its data, or, for new data,
as the first of `SERVICE_USERS` that exists: no account is created and no existing file changes its
owner or mode.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from treadle.core.embedded.folder import FolderNotOurs
from treadle.core.errors import TreadleError
from treadle.core.processes.guarded import User

#: Unprivileged accounts that systems have, best first.
SERVICE_USERS = ("postgres", "nobody")
#: Longest path of a unix socket on every system, in bytes (macOS: 104 with the final NUL).
LONGEST_SOCKET_PATH = 100
#: Characters that PostgreSQL's `unix_socket_directories` or libpq's `host` do not take as they are.
_TAKEN_FOR_A_LIST = frozenset(',"\n')


class NoServiceUser(TreadleError):
    """There is no account to run PostgreSQL as instead of root."""

    reason: ClassVar[str] = "no_service_user"
    solution: ClassVar[str] = "Run as a plain user, or create an account `postgres`."


def service_user(data: Path, also_reads: Iterable[Path]) -> User | None:
    """Return the user to run PostgreSQL as, or None for the current one if it is not root.

    Raises:
        NoServiceUser
    """
    if os.geteuid() != 0:
        return None
    account = _account_for(data)
    paths = (data, *also_reads)
    reach = any(not _open_to(account.pw_uid, path) for path in paths)
    return User(account.pw_uid, account.pw_gid, reach)


def make_private(folder: Path, user: User | None) -> None:
    """Create `folder` for the server's user alone, or restrict an existing one.

    Raises:
        FolderNotOurs: it belongs to another user, who could open the socket.
    """
    owner = user.user_id if user else os.geteuid()
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == owner:
            folder.chmod(0o700)
            return
        raise FolderNotOurs(
            f"{folder} exists and belongs to user {found.st_uid}, not to {owner}.",
            solution=f"Remove {folder}, or run as its owner.",
            folder=str(folder),
        ) from None
    if user is not None:
        os.chown(folder, user.user_id, user.group_id)


def socket_folder(folder: Path, socket_name: str) -> Path:
    """Return the folder for a socket of `folder`: itself, or a short path derived from it.

    The path of a unix socket is limited to about 100 bytes, the path of a project is not; and
    PostgreSQL and its clients take a path with a comma for several.
    """
    candidates = [folder]
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    candidates += [Path(place) / f"treadle-{digest}" for place in (tempfile.gettempdir(), "/tmp")]  # noqa: S108 - made private by make_private
    fitting = (
        place
        for place in candidates
        if len(os.fsencode(place / socket_name)) <= LONGEST_SOCKET_PATH
        and not _TAKEN_FOR_A_LIST.intersection(str(place))
    )
    return next(fitting)


def _account_for(data: Path) -> pwd.struct_passwd:
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    accounts = {account.pw_name: account for account in pwd.getpwall()}
    for name in SERVICE_USERS:
        if name in accounts:
            return accounts[name]
    raise NoServiceUser(f"None of the accounts {', '.join(SERVICE_USERS)} exists here.")


def _open_to(user_id: int, path: Path) -> bool:
    """Return whether a user without groups can pass every folder above `path`, and read it."""
    resolved = path.resolve()
    if resolved.exists() and not _grants(resolved, user_id, need=0o5):
        return False
    return all(_grants(parent, user_id, need=0o1) for parent in resolved.parents if parent.exists())


def _grants(path: Path, user_id: int, need: int) -> bool:
    found = path.stat()
    granted = found.st_mode >> 6 if found.st_uid == user_id else found.st_mode
    return granted & need == need
