"""The table in docs/settings.md, from the fields of `Settings`: `python docs/settings.py`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo

from treadle.core.field_docs import field_lines
from treadle.core.planner_offers import PlannerOffers
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import ALIASES, PREFIX, UNSET, Settings

PAGE = Path(__file__).with_name("settings.md")

_TABLE = re.compile(r"^\| variable \|.*?(?=\n\n)", re.MULTILINE | re.DOTALL)


def markdown() -> str:
    """Return the page with its table written anew."""
    return _TABLE.sub(lambda _: "\n".join(_rows()), PAGE.read_text("utf-8"))


def _rows() -> Iterator[str]:
    yield "| variable | default | what it decides |"
    yield "|---|---|---|"
    lines = field_lines(Settings)
    for name, field in Settings.model_fields.items():
        variables = ALIASES.get(name, (PREFIX + name.upper(),))
        names = ", or ".join(f"`{each}`" for each in variables)
        said = " ".join(lines[name].split()).rstrip(".")
        yield f"| {names} | {_default(name, field)} | {said} |"
    yield "| `TREADLE_SECRET_<NAME>` | none | A secret that workflows may use as `secrets.NAME` |"


def _default(name: str, field: FieldInfo) -> str:
    value: Any = field.default
    if isinstance(value, SecretOffers):
        return "each to `local` alone"
    if isinstance(value, PlannerOffers):
        return "those that the request names"
    if value is None or value == ():
        return UNSET.get(name, "none")
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
