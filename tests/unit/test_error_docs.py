"""docs/errors.md tells of every reason, and of no other."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
#: A reason as the code writes it: a class's own, a problem's, a validator's.
WRITTEN = re.compile(
    r"""reason(?::\ ClassVar\[str\])?\ =\ "([a-z_]+)"
      | (?:Problem|Unreadable|PydanticCustomError)\(\s*(?:[^,()]*,\s*)?"([a-z_]+)",
        \s*(?:f?"|message)
    """,
    re.VERBOSE,
)
#: Reasons of events and of pydantic's own, which `dag.shape` gives another name.
NO_ERRORS = {"say_one", "version_of_nothing", "upstream_failed"}


def test_the_page_is_written_from_the_errors() -> None:
    """`python docs/errors.py` writes it anew."""
    made = runpy.run_path(str(ROOT / "docs" / "errors.py"))

    assert made["markdown"]() == PAGE


def reasons() -> set[str]:
    """Return the reasons that the code writes out."""
    houses = [each.name for each in (ROOT / "treadle").iterdir() if each.is_symlink()]
    found: set[str] = set()
    for house in (*houses, "treadle"):
        for path in (ROOT / house).rglob("*.py"):
            for groups in WRITTEN.findall(path.read_text("utf-8")):
                found |= {each for each in groups if each}
    return found - NO_ERRORS


@pytest.mark.parametrize("reason", sorted(reasons()))
def test_every_reason_that_the_code_writes_stands_on_the_page(reason: str) -> None:
    """With an anchor that other pages may link to."""
    assert f'<a id="{reason}"></a>' in PAGE
