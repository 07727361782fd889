"""`treadle demo`, as a stranger runs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.support.command_line import TREADLE
from treadle.core.embedded import find_cluster

ZONES = 418
#: Seconds for the demo on a machine that runs other tests beside it.
DEMO_SECONDS = 110.0


def test_the_demo_runs_the_pipeline_says_what_happened_and_cleans_up(tmp_path: Path) -> None:
    """One run, all of its promises: a demo for each would take longer than the rest of the tests.

    Every zone was gone over, the server's first answer was repeated, the question got its default
    where nobody sits, report and map hold what the run found, and no process is left.
    """
    done = subprocess.run(
        [TREADLE, "demo"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=DEMO_SECONDS,
        check=False,
    )
    report = tmp_path / ".treadle" / "demo" / "report.md"

    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{ZONES} iterations" in done.stdout
    assert "fetch_countries: GET http://127.0.0.1:" in done.stdout
    assert "answered 503. Tried again after 1.00 s." in done.stdout
    assert "Nobody sits at this terminal" in done.stdout
    assert "the demo    publish: confirmed, as nobody sits here" in done.stdout
    assert "a person" not in done.stdout
    assert "treadle show " in done.stdout
    assert f"{ZONES} time zones in 37 offsets" in report.read_text("utf-8")
    assert "| Svalbard & Jan Mayen | Arctic/Longyearbyen | 78.00° |" in report.read_text("utf-8")
    assert report.with_name("map.svg").read_text("utf-8").count("<circle") == ZONES
    assert find_cluster(tmp_path / ".treadle") is None
    assert not [each for each in Path("/proc").glob("[0-9]*") if str(tmp_path) in _told_by(each)]


def _told_by(process: Path) -> str:
    """Return a process's command line and working folder."""
    try:
        return (process / "cmdline").read_text() + str((process / "cwd").readlink())
    except OSError:
        return ""  # it ended meanwhile, or is not ours
