"""`treadle doctor`: what it finds where all is up, and where nothing is."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import WaitUntil
from tests.support.command_line import Folder


def test_the_doctor_is_content_where_all_is_up(folder: Folder, wait_until: WaitUntil) -> None:
    """Exit code 0, and a line for each thing that must be up.

    What another test killed as it started counts as not ready for some seconds more.
    """
    wait_until(lambda: folder.run("doctor").code == 0, 40)
    done = folder.run("doctor", "--json")

    found = {check["check"]: check["ok"] for check in done.document["checks"]}
    assert done.code == 0, done.out
    assert done.document["ok"] is True
    assert found == dict.fromkeys(
        (
            *("database", "connections", "locks", "disk", "redis", "migrations"),
            *("workers", "planners", "queues", "suspects", "clocks"),
            *("schedulers", "gateways", "versions"),
        ),
        True,
    )
    assert all(check["severity"] != "error" for check in done.document["checks"])
    assert all(len(line) <= 80 for line in folder.run("doctor").out.splitlines())


def test_the_doctor_tells_what_is_down_and_which_variables_it_read(tmp_path: Path) -> None:
    """With what mends each thing."""
    folder = Folder(tmp_path)

    done = folder.run(
        "doctor",
        "--json",
        DATABASE_URL=f"postgresql://u@/d?host={tmp_path}",
        REDIS_URL=f"unix://{tmp_path}/redis.sock",
    )

    document = done.document
    assert done.code == 1
    assert document["ok"] is False
    assert [check["check"] for check in document["checks"] if not check["ok"]] == [
        "database",
        "redis",
    ]
    assert all(check["solution"] for check in document["checks"])
    assert document["variables_read"] == {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


def test_a_command_without_a_cluster_says_how_to_start_one(tmp_path: Path) -> None:
    """Exit code 3, and no traceback."""
    done = Folder(tmp_path).run("executions")

    assert done.code == 3
    assert "reason: no_servers" in done.err
    assert "treadle up" in done.err


def test_a_database_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """Exit code 3, and the error as JSON where JSON is asked for."""
    done = Folder(tmp_path).run(
        "executions",
        "--json",
        TREADLE_DATABASE_URL=f"postgresql://u@/d?host={tmp_path}",
        TREADLE_REDIS_URL=f"unix://{tmp_path}/redis.sock",
    )

    assert done.code == 3
    assert done.out == ""
    assert done.refusal == "cluster_unreachable"


def test_the_version_is_told(tmp_path: Path) -> None:
    """As `treadle --version` says it everywhere."""
    done = Folder(tmp_path).run("--version")

    assert done.code == 0
    assert done.out.startswith("treadle 0.")


def test_a_mistyped_command_is_a_usage_error(tmp_path: Path) -> None:
    """Exit code 2, and the command that was meant."""
    done = Folder(tmp_path).run("submitt")

    assert done.code == 2
    assert "submit" in done.err
