"""The README's tour over HTTP works as printed."""

from __future__ import annotations

import re
import shutil
import subprocess

from tests.support.command_line import Folder
from tests.support.pages import ROOT, ported, steps, type_in


def commands_of(section: str) -> str:
    """Return what a section of the README has a reader type."""
    readme = (ROOT / "README.md").read_text("utf-8")
    text = re.split(r"^## ", readme.split(f"\n## {section}\n")[1], flags=re.MULTILINE)[0]
    return "\n".join(step.commands for step in steps(text))


def test_the_tour_over_http_works_as_printed(folder: Folder, server: str) -> None:
    """Its commands in one shell, on the shared cluster's ports instead of 8000 to 8003."""
    shutil.copy(ROOT / "examples" / "refund.json", folder.path)

    done = type_in(folder.path, ported(commands_of("Over HTTP"), int(server.rpartition(":")[2])))

    assert done.code == 0, done.out + done.err
    # The one that lets go after its two seconds says so.
    assert [line[:10] for line in done.err.splitlines()] == ["curl: (28)"]
    assert done.out.count("event: user_input_required") == 1
    assert done.out.count("event: execution_completed") == 1
    assert "{'refunded': {'customer': 'Ada', 'amount': 120}}" in done.out
    assert '"interaction_decided"' in done.out
    assert "treadle_executions_started_total" in done.out


def test_what_the_tour_writes_into_the_clone_is_ignored_by_git() -> None:
    """A reader's clone stays clean: the files that one makes, and the folder of the report."""
    tour = commands_of("Five minutes")
    written = [*re.findall(r"^cat > (\S+)", tour, re.MULTILINE), "out/report.md", ".treadle/log"]
    assert '"folder": "out"' in tour
    assert len(written) == 4

    paths = [f"examples/{each}" for each in written]
    done = subprocess.run(
        ["git", "check-ignore", "--no-index", *paths],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.splitlines() == paths
