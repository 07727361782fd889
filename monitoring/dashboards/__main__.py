"""`python -m treadle.monitoring.dashboards FOLDER`: write the dashboards as Grafana reads them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from treadle.monitoring.dashboards import overview, people, queues


def pages() -> dict[str, str]:
    """Return the dashboards' JSON by file name."""
    dashboards = {
        "overview.json": overview.dashboard(),
        "people.json": people.dashboard(),
        "queues.json": queues.dashboard(),
    }
    return {
        name: json.dumps(each.build(), cls=JSONEncoder, indent=1, sort_keys=True) + "\n"
        for name, each in dashboards.items()
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, page in pages().items():
        (folder / name).write_text(page, "utf-8")
