"""Locks between the processes of one test run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(path: Path, kind: int) -> Iterator[None]:
    descriptor = lock(path, kind)
    try:
        yield
    finally:
        os.close(descriptor)


def lock(path: Path, kind: int) -> int:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, kind)
    return descriptor
