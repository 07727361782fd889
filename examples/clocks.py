"""The tasks of clocks.json: which clocks the world keeps, and where they are changed in summer."""

from __future__ import annotations

import csv
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import drawing
from posix_tz import NotARule, clock_of
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from treadle import NonRetryable, task

DATA = Path(__file__).parent / "data"


class Zone(BaseModel):
    """A record of zones.csv: a place that has its own history of clocks."""

    zone: Annotated[str, Field(pattern=r"^[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_-]+)+$")]
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    rule: Annotated[str, Field(min_length=4)]


class Row(BaseModel):
    """A zone as the report needs it."""

    zone: str
    name: str | None
    latitude: float
    longitude: float
    offset: int
    change: str


@task
def read_zones() -> list[dict[str, Any]]:
    """Return the records of zones.csv; one that is not right fails the task for good."""
    with (DATA / "zones.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file))
    try:
        zones = TypeAdapter(list[Zone]).validate_python(records)
    except ValidationError as error:
        raise NonRetryable(f"zones.csv: {error}") from error
    return [zone.model_dump() for zone in zones]


@task
def read_clock(rule: str) -> dict[str, int | None]:
    """Return what a zone's clock shows all year."""
    try:
        return asdict(clock_of(rule))
    except NotARule as error:
        raise NonRetryable(str(error)) from error


@task(lane="process", timeout=timedelta(seconds=30))
def draw_map(folder: str, zones: list[Row]) -> dict[str, Any]:
    """Draw every zone where it lies, in the colour of its clock; return the file's path."""
    dots = [drawing.Dot(zone.latitude, zone.longitude, zone.offset, zone.zone) for zone in zones]
    return {"path": str(written(Path(folder) / "map.svg", drawing.world(dots))), "dots": len(dots)}


@task
def write_report(
    folder: str,
    map_path: str,
    zones: list[Row],
    offsets: list[dict[str, Any]],
    changes: list[dict[str, Any]],
    extremes: list[Row],
) -> dict[str, str]:
    """Write report.md; return its path."""
    places = "".join(f"| {z.name} | {z.zone} | {z.latitude:.2f}° |\n" for z in extremes)
    hours = "".join(
        f"| {drawing.clock_name(o['offset'])} | {o['zones']} | {o['countries']} |\n"
        for o in sorted(offsets, key=lambda each: each["offset"])
    )
    seasons = "".join(
        f"| {c['change']} | {c['zones']} | {c['zones'] / len(zones):.0%} |\n" for c in changes
    )
    text = (
        f"# The world's clocks\n\n{len(zones)} time zones in {len(offsets)} offsets from UTC.\n\n"
        f"![Every zone in the colour of its clock]({Path(map_path).name})\n\n"
        f"## Where clocks are put forward\n\n| when | zones | share |\n|---|--:|--:|\n{seasons}\n"
        f"## By offset\n\n| outside summer time | zones | countries |\n|---|--:|--:|\n{hours}\n"
        f"## Farthest from the equator\n\n| country | zone | latitude |\n|---|---|--:|\n{places}"
    )
    return {"path": str(written(Path(folder) / "report.md", text)), "map": map_path}


def written(path: Path, text: str) -> Path:
    """Write a file at once or not at all: an attempt may be repeated, and so may its effects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    return part.replace(path)
