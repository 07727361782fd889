"""Settings from the environment: names, precedence, errors."""

from __future__ import annotations

import ast
import os
import re
from ipaddress import ip_network
from pathlib import Path

import pytest

from treadle.core.field_docs import field_lines
from treadle.core.settings import (
    NoServers,
    Settings,
    SettingsInvalid,
    child_environment,
    variables_read,
)

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "treadle",
    "gateway",
    "planner",
    "scheduler",
    "workers",
    "hil",
    "transport",
    "ledger",
    "wire",
    "dag",
    "monitoring",
    "core",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Take away every variable that Treadle reads, and stand in an empty folder."""
    for name in list(os.environ):
        if name.startswith("TREADLE_") or name in {"DATABASE_URL", "REDIS_URL"}:
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_our_own_variable_wins_over_its_alias(monkeypatch: pytest.MonkeyPatch) -> None:
    """`DATABASE_URL` is read when ours is not set, and we can say which of them was."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://alias")
    monkeypatch.setenv("REDIS_URL", "redis://alias")
    monkeypatch.setenv("TREADLE_REDIS_URL", "redis://ours")
    settings = Settings.load()
    assert (settings.database_url, settings.redis_url) == ("postgresql://alias", "redis://ours")
    assert variables_read() == {"database_url": "DATABASE_URL", "redis_url": "TREADLE_REDIS_URL"}


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a caller gives is not overruled."""
    monkeypatch.setenv("TREADLE_DATABASE_URL", "postgresql://environment")
    monkeypatch.setenv("TREADLE_WORKER_THREADS", "3")
    settings = Settings.load(database_url="postgresql://argument", worker_threads=5)
    assert (settings.database_url, settings.worker_threads) == ("postgresql://argument", 5)


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """`TREADLE_DATABASE_URL=` in a compose file means that it is not set."""
    monkeypatch.setenv("TREADLE_DATABASE_URL", "")
    monkeypatch.setenv("DATABASE_URL", "postgresql://alias")
    assert Settings.load().database_url == "postgresql://alias"
    assert variables_read() == {"database_url": "DATABASE_URL"}


def test_every_setting_can_be_set_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists are separated by commas; an address alone is a network of one."""
    monkeypatch.setenv("TREADLE_LEASE_SECONDS", "30.5")
    monkeypatch.setenv("TREADLE_ALLOWED_PRIVATE_ADDRESSES", "10.0.0.0/8, ::1")
    settings = Settings.load()
    assert settings.lease_seconds == 30.5
    assert settings.allowed_private_addresses == (ip_network("10.0.0.0/8"), ip_network("::1"))


def test_a_wrong_value_is_told_by_its_variable_and_never_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All wrong ones are told at once; a value might be a password in the wrong place."""
    monkeypatch.setenv("TREADLE_LEASE_SECONDS", "hunter2")
    monkeypatch.setenv("TREADLE_WORKER_THREADS", "0")
    with pytest.raises(SettingsInvalid) as caught:
        Settings.load()
    assert set(caught.value.context["problems"]) == {
        "TREADLE_LEASE_SECONDS",
        "TREADLE_WORKER_THREADS",
    }
    assert "hunter2" not in str(caught.value.to_wire())


def test_a_beat_must_fit_three_times_into_a_lease() -> None:
    """One lost beat, or two, does not cost a lease."""
    with pytest.raises(SettingsInvalid, match="a third of lease_seconds"):
        Settings.load(lease_seconds=5, heartbeat_seconds=2)


def test_without_servers_the_error_says_what_to_do() -> None:
    """Nothing set and nothing running is an error when an address is asked for, not before."""
    settings = Settings.load()
    with pytest.raises(NoServers) as caught:
        _ = settings.redis_url
    assert "treadle up" in caught.value.advice


def test_addresses_are_not_in_the_representation() -> None:
    """They hold passwords, and representations end up in logs."""
    assert "hunter2" not in repr(
        Settings(configured_database_url="postgresql://me:hunter2@db/treadle")
    )


def test_a_child_gets_our_environment_and_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is given is set over what is there."""
    monkeypatch.setenv("COLOUR", "madder")
    monkeypatch.setenv("TREADLE_DATA_DIR", "a")
    environment = child_environment(TREADLE_DATA_DIR="b")
    assert (environment["COLOUR"], environment["TREADLE_DATA_DIR"]) == ("madder", "b")


def test_the_environment_is_read_in_one_module() -> None:
    """No other module of the product names `os.environ` or `getenv`."""
    found = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.alias)
        and re.fullmatch(
            "environb?|getenvb?", node.attr if isinstance(node, ast.Attribute) else node.name
        )
    }
    assert found == {"core/settings.py"}


def test_every_setting_is_used_and_explained() -> None:
    """A setting that nothing reads goes; each says in a line what it decides."""
    source = "\n".join(
        path.read_text()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if path != ROOT / "core" / "settings.py"
    )
    lines = field_lines(Settings)
    for name in Settings.model_fields:
        assert lines.get(name), name
        assert re.search(rf"\.{name.removeprefix('configured_')}\b", source), name


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "TREADLE_API_KEY"])
def test_a_key_is_one_line_without_white_space_around_it(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """What ends in a line break works; what no header can carry is refused by name alone."""
    field = name.removeprefix("TREADLE_").lower()
    monkeypatch.setenv(name, "sk-operator-777\r\n")
    assert getattr(Settings.load(), field).get_secret_value() == "sk-operator-777"

    for broken in ("sk-operator\n-777", "sk-operator-ü"):
        monkeypatch.setenv(name, broken)
        with pytest.raises(SettingsInvalid) as refused:
            Settings.load()
        assert name in refused.value.message
        assert "sk-operator" not in str(refused.value.to_wire())
