"""The README's tour over HTTP works as printed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.support.command_line import TREADLE, Folder
from treadle.core.settings import child_environment

ROOT = Path(__file__).parents[2]


def commands_of(section: str) -> str:
    """Return what a section of the README has a reader type."""
    readme = (ROOT / "README.md").read_text("utf-8")
    text = re.split(r"^## ", readme.split(f"\n## {section}\n")[1], flags=re.MULTILINE)[0]
    return "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def test_the_tour_over_http_works_as_printed(folder: Folder, server: str) -> None:
    """Its commands in one shell, on the shared cluster's ports instead of 8000 to 8003."""
    shutil.copy(ROOT / "examples" / "refund.json", folder.path)
    base = int(server.rpartition(":")[2])
    ported = re.sub(r":800(\d)", lambda port: f":{base + int(port[1])}", commands_of("Over HTTP"))
    path = f"{TREADLE.parent}:{child_environment()['PATH']}"

    done = subprocess.run(
        ["bash", "-u"],
        cwd=folder.path,
        env=child_environment(PATH=path),
        input=ported,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    # The one that lets go after its two seconds says so.
    assert [line[:10] for line in done.stderr.splitlines()] == ["curl: (28)"]
    assert done.stdout.count("event: user_input_required") == 1
    assert done.stdout.count("event: execution_completed") == 1
    assert "{'refunded': {'customer': 'Ada', 'amount': 120}}" in done.stdout
    assert '"interaction_decided"' in done.stdout
    assert "treadle_executions_started_total" in done.stdout
