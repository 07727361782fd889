"""Who may use a secret and where it may go, as an operator says it."""

from __future__ import annotations

import os

import pytest

from treadle.core.hosts import Host, plain_name
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings, SettingsInvalid

VARIABLE = "TREADLE_OFFERED_SECRETS"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away every variable that Treadle reads."""
    for name in list(os.environ):
        if name.startswith("TREADLE_"):
            monkeypatch.delenv(name)


def offers(monkeypatch: pytest.MonkeyPatch, text: str) -> SecretOffers:
    monkeypatch.setenv(VARIABLE, text)
    return Settings.load().offered_secrets


def test_a_secret_of_which_nothing_is_said_is_offered_to_local_alone() -> None:
    """So that a single developer sets nothing, and nobody else has it by accident."""
    given = Settings.load().offered_secrets

    assert given.is_offered("SHOP", "local")
    assert not given.is_offered("SHOP", "ada")
    assert given.bound(["SHOP"]) == ()


def test_a_secret_is_offered_to_those_that_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """To nobody else, `local` included; `*` is everybody, and names have no case."""
    given = offers(
        monkeypatch,
        '{"shop": {"owners": ["ada", "bob"]}, "ALL": {"owners": "*"}, "ONE": {"owners": "ada"}}',
    )

    for name, owner, is_offered in (
        ("SHOP", "ada", True),
        ("Shop", "bob", True),
        ("SHOP", "eve", False),
        ("SHOP", "local", False),
        ("all", "eve", True),
        ("one", "ada", True),
        ("one", "ad", False),
    ):
        assert given.is_offered(name, owner) is is_offered, (name, owner)
    assert list(given.listed_for("ada")) == ["ALL", "ONE", "SHOP"]
    assert list(given.listed_for("eve")) == ["ALL"]


@pytest.mark.parametrize(
    ("written", "host", "port", "covered"),
    [
        ("shop.example", "shop.example", 443, True),
        ("shop.example", "SHOP.example.", 8080, True),
        ("shop.example", "api.shop.example", 443, False),
        ("shop.example", "shop.example.evil.test", 443, False),
        ("shop.example", "eshop.example", 443, False),
        ("shop.example:8443", "shop.example", 8443, True),
        ("shop.example:8443", "shop.example", 443, False),
        ("*.shop.example", "a.b.shop.example", 443, True),
        ("*.shop.example", "shop.example", 443, False),
        ("*.shop.example", "eshop.example", 443, False),
        ("Bücher.example", "xn--bcher-kva.example", 443, True),
        ("[::1]", "0:0:0:0:0:0:0:1", 80, True),
        ("127.0.0.1", "127.0.0.1", 80, True),
        ("127.0.0.1", "2130706433", 80, False),
    ],
)
def test_a_host_is_compared_as_a_whole(written: str, host: str, port: int, covered: bool) -> None:
    """In whatever way it is spelled; what is a part of it, or has it as a part, is another."""
    assert Host.read(written).covers(plain_name(host), port) is covered


@pytest.mark.parametrize(
    "text",
    [
        "hunter2",
        "[]",
        '{"A": 1}',
        '{"A": {}}',
        '{"A": {"owners": []}}',
        '{"A": {"owners": [""]}}',
        '{"A": {"owners": "*", "host": "a"}}',
        '{"A": {"owners": "*", "hosts": []}}',
        '{"A": {"owners": "*", "hosts": ["https://hunter2.example"]}}',
        '{"A": {"owners": "*", "hosts": ["hunter2.example/path"]}}',
        '{"A": {"owners": "*", "hosts": ["*"]}}',
        '{"A": {"owners": "*", "hosts": ["a.*.hunter2"]}}',
        '{"A": {"owners": "*", "hosts": ["a:99999"]}}',
        '{"hunter2-x": {"owners": "*"}}',
        '{"a": {"owners": "*"}, "A": {"owners": "ada"}}',
        '{"A": {"owners": "*"}, "A": {"owners": "ada"}}',
    ],
)
def test_what_is_no_offer_is_refused_by_its_place(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A process does not start with a policy that does not say what was meant."""
    with pytest.raises(SettingsInvalid) as refused:
        offers(monkeypatch, text)

    assert refused.value.message.startswith(f"Settings are invalid: {VARIABLE}")
    assert "hunter2.example" not in str(refused.value.to_wire())
