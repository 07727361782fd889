"""Derive zones.csv and countries.csv from the machine's time zone database: `python derive.py`.

The database is the IANA's, which is in the public domain. A zone's rule is the last line of its
compiled file: what its clocks do from now on, as POSIX writes it.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

DATABASE = Path("/usr/share/zoneinfo")
HERE = Path(__file__).parent
#: Signed degrees, minutes and, for some, seconds.
COORDINATE = re.compile(r"([+-])(\d{2,3}?)(\d{2})(\d{2})?(?=[+-]|$)")


def main() -> None:
    zones = ("zone", "country", "latitude", "longitude", "rule")
    write("zones.csv", zones, sorted(zones_of(rows(DATABASE / "zone.tab"))))
    countries = (row[:2] for row in rows(DATABASE / "iso3166.tab"))
    write("countries.csv", ("code", "name"), countries)


def rows(table: Path) -> Iterator[list[str]]:
    for line in table.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")


def zones_of(table: Iterable[list[str]]) -> Iterator[tuple[str, str, str, str, str]]:
    for country, place, zone, *_ in table:
        latitude, longitude = (degrees(*each) for each in COORDINATE.findall(place))
        rule = (DATABASE / zone).read_bytes().splitlines()[-1].decode("ascii")
        yield zone, country, latitude, longitude, rule


def degrees(sign: str, whole: str, minutes: str, seconds: str) -> str:
    value = int(whole) + int(minutes) / 60 + int(seconds or 0) / 3600
    return f"{-value if sign == '-' else value:.4f}"


def write(name: str, header: tuple[str, ...], table: Iterable[Iterable[str]]) -> None:
    with (HERE / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(table)


if __name__ == "__main__":
    main()
