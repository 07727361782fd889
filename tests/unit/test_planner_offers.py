"""Which tasks and models plans may use, as an operator says it."""

from __future__ import annotations

import pytest

from treadle.core.settings import Settings, SettingsInvalid

VARIABLE = "TREADLE_PLANNER_OFFERS"


def test_what_is_not_listed_is_left_to_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kind that is listed is not, also if nothing of it is the owner's."""
    monkeypatch.delenv(VARIABLE, raising=False)
    offers = Settings.load().planner_offers
    assert (offers.tasks_of("ada"), offers.models_of("ada")) == (None, None)

    monkeypatch.setenv(VARIABLE, '{"tasks": {"report": "*", "refund": ["ada", "bob"]}}')
    offers = Settings.load().planner_offers
    assert offers.tasks_of("ada") == frozenset({"report", "refund"})
    assert offers.tasks_of("eve") == frozenset({"report"})
    assert offers.models_of("ada") is None

    monkeypatch.setenv(VARIABLE, '{"models": {}}')
    assert Settings.load().planner_offers.models_of("ada") == frozenset()


@pytest.mark.parametrize(
    "text", ["report", "[]", '{"task": {}}', '{"tasks": ["report"]}', '{"tasks": {"report": 1}}']
)
def test_what_is_no_offer_is_refused_by_its_variable(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """A planner does not start with a policy that does not say what was meant."""
    monkeypatch.setenv(VARIABLE, text)
    with pytest.raises(SettingsInvalid, match=VARIABLE):
        Settings.load()
