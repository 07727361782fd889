"""compose.yaml and the Dockerfile, as far as can be told without an engine."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from treadle.cli.app import COMMANDS

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "treadle"}


def test_compose_is_what_the_published_schema_says() -> None:
    """compose-spec.json is that of github.com/compose-spec/compose-spec (Apache 2.0)."""
    schema = json.loads((Path(__file__).parent / "compose-spec.json").read_text())

    jsonschema.Draft7Validator(schema).validate(COMPOSE)


def test_every_service_that_serves_says_when_it_is_well() -> None:
    """With a start period, and a stop that leaves the time to drain."""
    for name in ("gateway", "planner", "worker", "scheduler"):
        assert SERVICES[name]["healthcheck"]["start_period"]
        assert SERVICES[name]["stop_grace_period"]


def test_workers_can_be_scaled() -> None:
    """A port of the host can be had only once."""
    assert "ports" not in SERVICES["worker"]
    assert "container_name" not in SERVICES["worker"]


def test_every_mounted_file_is_there() -> None:
    """Relative to compose.yaml; what starts without a slash is a named volume."""
    mounts = [each for service in SERVICES.values() for each in service.get("volumes", ())]
    sources = {each.split(":")[0] for each in mounts}

    assert [each for each in sources if each.startswith(".") and not (ROOT / each).exists()] == []
    assert {each for each in sources if not each.startswith(".")} == set(COMPOSE["volumes"])


def test_the_image_takes_in_every_package() -> None:
    """What the wheel needs is copied, and none of it is kept out of the build."""
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = set(re.findall(r"^COPY (\w+) \1$", dockerfile, re.MULTILINE))
    ignore = (ROOT / ".dockerignore").read_text().split()
    linked = {each.name for each in (ROOT / "treadle").iterdir() if each.is_symlink()}

    assert copied == {"treadle", *linked, "examples"}
    assert copied <= {each.removeprefix("!") for each in ignore}


def test_the_image_runs_as_nobody_in_particular() -> None:
    """The last user named is not root."""
    users = re.findall(r"^USER (\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)

    assert users[-1:] == ["treadle"]


@pytest.mark.parametrize("name", OURS)
def test_every_command_of_ours_is_one_that_treadle_has(name: str) -> None:
    """Under the name and options that it is given."""
    assert OURS[name]["command"][0] == "treadle"
    assert OURS[name]["command"][1] in COMMANDS
