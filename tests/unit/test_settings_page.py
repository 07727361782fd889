"""docs/settings.md names every setting with its default."""

from __future__ import annotations

import re
from pathlib import Path

from treadle.core.settings import ALIASES, PREFIX, Settings

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
ROW = re.compile(r"^\| `(TREADLE_[A-Z_]+)`(.*?) \| (.*?) \|", re.M)


def test_the_page_names_every_setting_and_no_other() -> None:
    """By its variable, and by the aliases it has."""
    rows = {name: aliases for name, aliases, _ in ROW.findall(PAGE)}
    settings = {
        ALIASES.get(setting, (PREFIX + setting.upper(),)) for setting in Settings.model_fields
    }

    assert set(rows) == {names[0] for names in settings}
    for name, *aliases in settings:
        assert re.findall(r"`(\w+)`", rows[name]) == aliases


def test_the_page_tells_the_defaults_that_are_numbers_or_words() -> None:
    """What stands in code and on the page is the same."""
    told = {name: default.strip("`") for name, _, default in ROW.findall(PAGE)}

    for setting, field in Settings.model_fields.items():
        if isinstance(field.default, str):
            assert told[PREFIX + setting.upper()] == field.default
        elif isinstance(field.default, int | float):
            assert float(told[PREFIX + setting.upper()]) == field.default
