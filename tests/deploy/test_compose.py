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
from treadle.cli.signals import HAND_OVER_SECONDS
from treadle.core.settings import ALIASES, PREFIX, Settings
from treadle.gateway.process import GRACE_SECONDS

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


#: Settings that a process of compose.yaml has no use for: what commands are given, and the folder
#: of embedded servers.
NOT_FOR_SERVICES = {"data_dir", "server", "api_key"}
#: A value that is taken from the environment or `.env`: its name, and what holds without it.
INTERPOLATED = re.compile(r"\$\{([A-Z_]+)(?:(:-|:\?)([^}]*))?\}")
#: How long each process may take to stop, as the code has it.
STOP_SECONDS = {
    "gateway": Settings.model_fields["gateway_lame_duck_seconds"].default
    + GRACE_SECONDS
    + HAND_OVER_SECONDS,
    **dict.fromkeys(
        ("worker", "planner"),
        Settings.model_fields["drain_grace_seconds"].default + HAND_OVER_SECONDS,
    ),
    "scheduler": HAND_OVER_SECONDS,
}


def interpolated(text: str, given: dict[str, str]) -> str:
    """Return a value of compose.yaml with what is given, or what it says where nothing is."""

    def value(match: re.Match[str]) -> str:
        name, operator, otherwise = match.groups()
        if not given.get(name) and operator != ":-":
            raise KeyError(name)
        return given.get(name) or otherwise

    return INTERPOLATED.sub(value, text)


@pytest.mark.parametrize("setting", sorted({*Settings.model_fields} - NOT_FOR_SERVICES))
def test_every_setting_of_a_process_can_go_through(setting: str) -> None:
    """From `.env` or the environment, under the name that docs/settings.md has."""
    names = ALIASES.get(setting, (PREFIX + setting.upper(),))
    passed = [
        str(service["environment"][name])
        for service in OURS.values()
        for name in names
        if name in service["environment"]
    ]

    assert passed
    given = dict.fromkeys(names, "given") | {"POSTGRES_PASSWORD": "given"}
    if not setting.startswith("configured_"):  # compose.yaml has these servers itself
        assert {interpolated(each, given) for each in passed} == {"given"}
        assert {interpolated(each, {}) for each in passed} == {""}


def test_secrets_and_tasks_reach_who_runs_nodes() -> None:
    """Secrets have names that nobody knows beforehand, so that they come from a file."""
    for name in ("worker", "scheduler"):
        assert SERVICES[name]["env_file"] == [{"path": "secrets.env", "required": False}]
    worker = SERVICES["worker"]
    assert worker["volumes"] == [f"./deploy/tasks:{worker['working_dir']}:ro"]
    assert {"TREADLE_TASKS", "OPENAI_API_KEY"} <= {*worker["environment"]}


def test_every_port_is_this_hosts_own() -> None:
    """Metrics and dashboards ask for no key."""
    ports = [each for service in SERVICES.values() for each in service.get("ports", ())]

    assert ports
    assert [each for each in ports if not each.startswith("127.0.0.1:")] == []


def test_no_password_is_known_beforehand() -> None:
    """It comes from the environment, and nothing starts without one; nor is one written here."""
    values = [
        (name, str(value))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    ]
    secret = [
        (name, value) for name, value in values if re.search("PASSWORD|_KEY|DATABASE_URL", name)
    ]

    assert {name for name, _ in secret} >= {"POSTGRES_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD"}
    for name, value in secret:
        (found,) = INTERPOLATED.findall(value)
        assert found[1:] == (":-", "") if name.endswith("_API_KEY") else found[1] == ":?", name


def test_a_stop_has_half_as_much_time_again_as_it_may_take() -> None:
    """An engine kills what has not ended by then."""
    for name, seconds in STOP_SECONDS.items():
        grace = SERVICES[name]["stop_grace_period"]
        assert float(grace.removesuffix("s")) >= 1.5 * seconds, name


def test_the_example_of_env_names_what_there_is() -> None:
    """What compose.yaml needs, without a value, and settings of processes."""
    example = (ROOT / ".env.example").read_text()
    named = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE))
    taken = {name for name, *_ in INTERPOLATED.findall((ROOT / "compose.yaml").read_text())}

    assert set(named) <= taken
    for needed in ("POSTGRES_PASSWORD", "GRAFANA_PASSWORD"):
        assert named[needed] == ""


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
