"""The two generators of clients, run as their users run them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.file_locks import locked
from treadle.core.settings import child_environment

BIN = Path(sys.executable).parent
#: The package of the TypeScript client's test, with its locked dependencies.
TYPESCRIPT = Path(__file__).parents[1] / "typescript"
#: Where those are installed, once for all runs.
_INSTALLED = Path(sys.prefix) / "typescript"
#: What npm says where it cannot reach its registry.
_UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


def run(folder: Path, *command: str | Path, **variables: str) -> str:
    """Run a command that must succeed, and return what it printed."""
    path = os.pathsep.join((str(BIN), str(node_bin()), child_environment()["PATH"]))
    done = subprocess.run(
        command,
        cwd=folder,
        env=child_environment(PATH=path, **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, f"{command[0]}:\n{done.stdout}"
    return done.stdout


def node_bin() -> Path:
    """Return the folder of the commands that `node_modules` installs."""
    return _INSTALLED / "node_modules" / ".bin"


def node_modules() -> Path:
    """Return the installed packages of TypeScript; they are installed if the lock has changed.

    A machine without Node.js, or without a way to npm's registry, skips the test.
    """
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js is not installed: no TypeScript is generated or compiled here")
    lock, modules = TYPESCRIPT / "package-lock.json", _INSTALLED / "node_modules"
    kept = _INSTALLED / "package-lock.json"
    _INSTALLED.mkdir(exist_ok=True)
    with locked(_INSTALLED / "installing", fcntl.LOCK_EX):
        # The lock's copy is written last: a broken install is done again.
        if not kept.exists() or kept.read_bytes() != lock.read_bytes():
            kept.unlink(missing_ok=True)
            shutil.rmtree(modules, ignore_errors=True)
            at = _INSTALLED / "work"
            shutil.rmtree(at, ignore_errors=True)
            at.mkdir()
            for name in ("package.json", "package-lock.json"):
                shutil.copy(TYPESCRIPT / name, at)
            try:
                run(at, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            except AssertionError as error:
                if any(code in str(error) for code in _UNREACHABLE):
                    pytest.skip(f"npm cannot reach its registry from here: {error}")
                raise
            (at / "node_modules").rename(modules)
            shutil.copy(lock, kept)
    return modules
