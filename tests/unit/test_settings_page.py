"""docs/settings.md names every setting with its default, as the code has it."""

from __future__ import annotations

import runpy
from pathlib import Path

from treadle.core.settings import UNSET, Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_settings_is_written_from_them() -> None:
    """What stands in code and on the page is the same; `make docs` writes it anew."""
    written = runpy.run_path(str(DOCS / "settings.py"))["markdown"]()

    assert (DOCS / "settings.md").read_text("utf-8") == written
    assert all(
        f"`TREADLE_{name.removeprefix('configured_').upper()}`" in written
        for name in Settings.model_fields
    )


def test_what_holds_without_a_setting_is_told_of_settings_alone() -> None:
    """Of those that may be left out."""
    for name in UNSET:
        assert Settings.model_fields[name].default is None
