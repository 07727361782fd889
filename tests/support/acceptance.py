"""The acceptance cases, which stand beside the checkout and are not part of it.

A public clone does not have them, so tests over them are skipped there; where `CI` is set their
absence is a failure.
"""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "acceptance"


@cache
def names(kind: str) -> list[str]:
    """Return the names of the cases of a kind, `run` or `invalid`; empty where there are none."""
    return sorted(path.stem for path in (FOLDER / kind).glob("*.json"))


def case(kind: str, name: str) -> dict[str, Any]:
    """Return one case."""
    loaded: dict[str, Any] = json.loads((FOLDER / kind / f"{name}.json").read_text("utf-8"))
    return loaded


def require(kind: str) -> None:
    """Skip the test where there are no cases, or fail it where there must be some."""
    if names(kind):
        return
    if os.environ.get("CI"):
        pytest.fail(f"no acceptance cases under {FOLDER / kind}")
    pytest.skip("the acceptance cases are not part of the repository")
