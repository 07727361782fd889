"""What `treadle` is to people who write code beside their workflows."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

import treadle
from treadle.workers import tasks


def test_these_names_are_public_and_no_others() -> None:
    """Whoever adds or removes one changes what others rely on."""
    public = ["AsyncClient", "Client", "NonRetryable", "Workflow", "context", "task"]
    assert treadle.__all__ == public
    assert treadle.task is tasks.task
    assert treadle.NonRetryable is tasks.NonRetryable
    with pytest.raises(AttributeError, match="no attribute 'Tasks'"):
        _ = treadle.Tasks


def test_type_checkers_read_our_annotations() -> None:
    """PEP 561."""
    assert resources.files("treadle").joinpath("py.typed").is_file()


def test_every_folder_at_the_root_is_a_part_of_treadle() -> None:
    """By a link that tools follow, and nothing else is importable from an installed Treadle."""
    root = Path(__file__).parents[2]
    packages = {each.parent.name for each in root.glob("*/__init__.py")} - {"bench", "treadle"}
    links = {each.name: each for each in (root / "treadle").iterdir() if each.is_symlink()}

    assert set(links) == packages
    assert all(links[name].resolve() == root / name for name in packages)


@pytest.mark.parametrize("name", ["workers", "core", "ledger", "bench", "tests"])
def test_a_module_of_ours_stands_in_no_users_way(name: str, tmp_path: Path) -> None:
    """A user's folder may be called like one of ours, with or without an `__init__.py`."""
    (tmp_path / name).mkdir()
    (tmp_path / name / "mine.py").write_text(
        "from treadle import task\n\n@task\ndef mine() -> int:\n    return 1\n"
    )

    told = run(tmp_path, f"{name}.mine")

    assert told.stdout.split() == ["mine"], told.stderr


def test_a_module_that_hides_the_users_own_is_refused(tmp_path: Path) -> None:
    """The message names both, and says what to do."""
    (tmp_path / "json.py").write_text("from treadle import task\n\n@task\ndef mine(): ...\n")

    told = run(tmp_path, "json")

    assert "TasksNotFound" in told.stderr
    assert "json/__init__.py" in told.stderr
    assert f"{tmp_path}/json.py has the same name and was not imported" in told.stderr


def test_a_task_that_is_twice_keeps_its_own_reason(tmp_path: Path) -> None:
    """An error of ours that an import raises is not taken for a module that is missing."""
    (tmp_path / "twice.py").write_text(
        "from treadle import task\n\n@task\ndef a(): ...\n\n@task(name='a')\ndef b(): ...\n"
    )

    assert "DuplicateTask" in run(tmp_path, "twice").stderr.splitlines()[-1]


def run(folder: Path, module: str) -> subprocess.CompletedProcess[str]:
    """Have a process in a folder discover a module's tasks, as `treadle worker` does."""
    program = (
        "import os, sys; sys.path.append(os.getcwd())\n"
        "from treadle.workers.tasks import TASKS\n"
        f"TASKS.discover([{module!r}]); print(*(task.name for task in TASKS))"
    )
    return subprocess.run(
        [sys.executable, "-P", "-c", program],
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
    )
