"""Pages that a reader follows: what they have one type, run in one shell, and what they show.

A page's commands stand in fences of `sh`. A fence without a language that comes right after one
shows what its commands print.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.command_line import TREADLE, Done
from treadle.core.settings import child_environment

ROOT = Path(__file__).parents[2]
#: Seconds that one page may take.
TYPING_SECONDS = 90.0
#: Stands between what one fence's commands print and the next one's.
_BETWEEN = "-- next fence --"
_STEP = re.compile(
    r"^```sh\n(?P<commands>.*?)^```$(?:\n\n```\n(?P<shown>.*?)^```$)?", re.MULTILINE | re.DOTALL
)
#: What differs from run to run, and so may differ from what is shown: `…` for any text, an id, a
#: time, how long something took, and how wide a table came to be.
_VARYING = {
    "…": r".*",
    r"[0-9a-f]{8}-[0-9a-f-]{27}": r"[0-9a-f]{8}-[0-9a-f-]{27}",
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d": r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
    r"\d+(?:\.\d+)? (?:s|ms)\b": r"(?:\d+(?:\.\d+)? (?:s|ms)|\d+[dhm]\d\d[hms])",
    r"\d+[dhm]\d\d[hms]\b": r"(?:\d+(?:\.\d+)? (?:s|ms)|\d+[dhm]\d\d[hms])",
    r" {2,}|─+": r"(?: {2,}|─+)",
}
#: What bash says of a job that a signal ended; a terminal says it in its own way.
_JOB_ENDED = re.compile(r"^bash: line \d+: +\d+ (?:Killed|Terminated) .*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """Commands of a page, and what it says they print; nothing if it does not say."""

    commands: str
    shown: str | None


def steps(text: str) -> list[Step]:
    """Return what a page, or a section of one, has a reader type, in order."""
    return [Step(found["commands"], found["shown"]) for found in _STEP.finditer(text)]


def ported(commands: str, base: int) -> str:
    """Return commands for a cluster whose ports begin at `base` instead of at 8000."""
    return re.sub(r":800(\d)", lambda port: f":{base + int(port[1])}", commands)


def type_in(folder: Path, commands: str, *options: str, **variables: str) -> Done:
    """Type commands into one shell with these options; nothing that they start outlives it."""
    path = f"{TREADLE.parent}:{child_environment()['PATH']}"
    out, err = folder / "typed.out", folder / "typed.err"
    with out.open("wb") as told, err.open("wb") as complained:
        shell = subprocess.Popen(
            ["bash", "-u", *options, "-c", commands],
            cwd=folder,
            env=child_environment(PATH=path, **variables),
            stdin=subprocess.DEVNULL,
            stdout=told,
            stderr=complained,
            start_new_session=True,
        )
        try:
            code = shell.wait(TYPING_SECONDS)
        except subprocess.TimeoutExpired:
            code = 124  # what timeout(1) says
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            shell.wait()
    return Done(code, out.read_text("utf-8"), err.read_text("utf-8"))


def follow(folder: Path, page: list[Step], base: int, **variables: str) -> None:
    """Do what a page says, up to the first command that fails; each step prints what is shown."""
    script = f"\necho '{_BETWEEN}'\n".join(step.commands for step in page)
    done = type_in(
        folder, f"exec 2>&1\n{ported(script, base)}", "-e", "-o", "pipefail", **variables
    )

    assert done.code == 0, done.out
    printed = _JOB_ENDED.sub("", done.out).split(f"{_BETWEEN}\n")
    assert len(printed) == len(page), done.out
    for step, real in zip(page, printed, strict=True):
        if step.shown is not None:
            assert _like(step.shown).fullmatch(real), f"shown:\n{step.shown}\nprinted:\n{real}"


def _like(shown: str) -> re.Pattern[str]:
    """Return what matches the lines shown; a line of `…` stands for any lines, also for none."""
    lines = [
        r"(?:.*\n)*?" if line == "…" else rf"{_line_like(line)} *\n" for line in shown.splitlines()
    ]
    return re.compile("".join(lines))


def _line_like(line: str) -> str:
    pieces = re.split("|".join(f"({pattern})" for pattern in _VARYING), line)
    width = len(_VARYING) + 1
    like = [re.escape(pieces[0])]
    for at in range(1, len(pieces), width):
        found = pieces[at : at + width - 1]
        kind = next(number for number, piece in enumerate(found) if piece is not None)
        like += [[*_VARYING.values()][kind], re.escape(pieces[at + width - 1])]
    return "".join(like)
