"""A mount namespace, in which a test may make and fill a disk without being root."""

from __future__ import annotations

import os
import subprocess

import pytest


def own_mounts() -> list[str]:
    """Return the words before a command that give it mounts of its own; skip where none are."""
    unshare = ["unshare", "--mount"]
    if os.geteuid() != 0:  # else the servers' files belong to a user whom that namespace lacks
        unshare += ["--user", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine gives no namespace, so no disk can be made and filled")
    return unshare
