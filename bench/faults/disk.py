"""A small disk for the servers' data: a file system in a file, which can be filled and freed.

It is mounted in a namespace that only this process and its children see, and it is gone with them,
however they end. Mounting takes root.
"""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import time
from pathlib import Path

#: Bytes of the disk; what was never written takes no room in the file.
_BYTES = 16 * 1024**3
_NEW_MOUNT_NAMESPACE = 0x00020000
_LEAST_STEP = 4096
_PAUSE_SECONDS = 0.05


class SmallDisk:
    """An ext4 file system with no blocks kept for root, mounted at a folder."""

    def __init__(self, image: Path, folder: Path) -> None:
        """Keep the file system in the file `image`; it is not there before `mount`."""
        self._image = image
        self._folder = folder
        self._ballast = folder / "ballast"
        self.is_mounted = False

    def mount(self) -> str | None:
        """Make and mount it; call it before this process starts anything.

        Returns: why that was impossible, or `None`.
        """
        if ctypes.CDLL(None, use_errno=True).unshare(_NEW_MOUNT_NAMESPACE):
            return f"no namespace of mounts: {os.strerror(ctypes.get_errno())}"
        self._folder.mkdir(parents=True, exist_ok=True)
        with self._image.open("wb") as file:
            file.truncate(_BYTES)
        for command in (
            ("mount", "--make-rprivate", "/"),
            ("mkfs.ext4", "-q", "-m", "0", os.fspath(self._image)),
            ("mount", "-o", "loop,discard", os.fspath(self._image), os.fspath(self._folder)),
        ):
            try:
                subprocess.run(command, check=True, capture_output=True, text=True)
            except FileNotFoundError:
                return f"there is no {command[0]}"
            except subprocess.CalledProcessError as error:
                return f"{command[0]}: {error.stderr.strip()}"
        self.is_mounted = True
        return None

    def unmount(self) -> None:
        """Take it away, so that its folder can be removed."""
        if self.is_mounted:
            subprocess.run(("umount", "--lazy", os.fspath(self._folder)), check=True)
            self.is_mounted = False

    def fill(self, seconds: float) -> None:
        """Have no byte free for so long: what its users give back is taken as well."""
        deadline = time.monotonic() + seconds
        try:
            with self._ballast.open("wb") as ballast:
                while time.monotonic() < deadline:
                    self._take_what_is_free(ballast.fileno())
                    time.sleep(_PAUSE_SECONDS)
        finally:
            self._ballast.unlink()

    def _take_what_is_free(self, ballast: int) -> None:
        step = _BYTES
        while step >= _LEAST_STEP:
            try:
                os.posix_fallocate(ballast, os.fstat(ballast).st_size, step)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                step //= 2
