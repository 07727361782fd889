"""The examples are what they say: valid workflows over right data."""

from __future__ import annotations

import csv
import re
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from treadle.dag.validation import validate

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"


@pytest.fixture
def posix_tz(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the module that reads rules, as a worker in the folder of examples imports it."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(EXAMPLES)])
    return import_module("posix_tz")


def zones() -> list[dict[str, str]]:
    """Return the records of zones.csv."""
    with (EXAMPLES / "data" / "zones.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_an_example_is_a_valid_workflow_without_warnings(file: Path) -> None:
    """Every workflow that is shipped passes validation."""
    validation = validate(file.read_bytes())

    assert validation.problems == ()
    assert validation.warnings == ()


@pytest.mark.parametrize("page", ["README.md", "docs/semantics.md"])
def test_a_workflow_that_a_page_shows_is_valid(page: str) -> None:
    """What a reader copies from the documentation works."""
    shown = re.findall(r"^\{\n.*?^\}$", (ROOT / page).read_text("utf-8"), re.M | re.S)

    assert shown
    for document in shown:
        assert validate(document).problems == ()


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("EAT-3", (180, None, None, None)),
        ("<+0545>-5:45", (345, None, None, None)),
        ("EST5EDT,M3.2.0,M11.1.0", (-300, -240, 3, 11)),
        ("NST3:30NDT,M3.2.0,M11.1.0", (-210, -150, 3, 11)),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", (630, 660, 10, 4)),
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", (-120, -60, 3, 10)),
    ],
)
def test_a_rule_says_what_a_clock_shows(
    posix_tz: ModuleType, rule: str, expected: tuple[Any, ...]
) -> None:
    """Offsets are minutes ahead of UTC, whatever sign POSIX gives them."""
    assert posix_tz.clock_of(rule) == posix_tz.Clock(*expected)


def test_dublin_is_put_forward_in_spring_although_its_rule_says_it_backwards(
    posix_tz: ModuleType,
) -> None:
    """A rule whose exception is the winter comes out as the same thing said the usual way."""
    assert posix_tz.clock_of("IST-1GMT0,M10.5.0,M3.5.0/1") == posix_tz.Clock(0, 60, 3, 10)


@pytest.mark.parametrize("text", ["", "five", "EST", "EST5EDT", "EST5EDT,M3.2.0"])
def test_what_is_no_rule_is_refused(posix_tz: ModuleType, text: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(posix_tz.NotARule):
        posix_tz.clock_of(text)


def test_every_zone_has_a_rule_that_can_be_read_and_a_place_near_its_clock(
    posix_tz: ModuleType,
) -> None:
    """No clock is farther than five hours from the sun where it hangs."""
    for zone in zones():
        sun = float(zone["longitude"]) * 4
        apart = (posix_tz.clock_of(zone["rule"]).offset - sun + 720) % 1440 - 720
        assert abs(apart) < 300, zone


def test_every_zone_lies_in_a_country_that_is_listed_and_is_named_once() -> None:
    """The two files fit together."""
    with (EXAMPLES / "data" / "countries.csv").open(encoding="utf-8", newline="") as file:
        codes = {row["code"] for row in csv.DictReader(file)}

    assert {zone["country"] for zone in zones()} <= codes
    assert len({zone["zone"] for zone in zones()}) == len(zones()) == 418
