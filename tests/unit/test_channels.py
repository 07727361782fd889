"""Channels are declared once, and what is derived from that holds together."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest

from tests.support.workflows import configured, found
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.field_docs import field_lines
from treadle.dag.channel_docs import markdown
from treadle.dag.channels import CHANNELS, PLANNED, ChannelSpec, ChannelType, is_sent
from treadle.dag.channels.in_app import IN_APP
from treadle.dag.channels.webhook import WEBHOOK
from treadle.dag.questions import OF_TYPE, InteractionType, Question
from treadle.dag.replies import ANSWER_NEEDS
from treadle.dag.specs import people
from treadle.dag.specs.people import IN_APP_APPROVAL, Asking
from treadle.hil.channels import Services, senders, sends_by

PAGE = Path(__file__).parents[2] / "docs" / "channels.md"


@pytest.mark.parametrize("spec", CHANNELS.values(), ids=lambda spec: spec.name)
def test_a_channel_says_all_that_is_derived_from_it(spec: ChannelSpec[Any]) -> None:
    """A name of its own, fields that may be left out and say what they are, types that exist."""
    own = spec.fields.model_fields

    assert re.fullmatch(r"[a-z][a-z_]*", spec.name)
    assert spec.name not in PLANNED, f"dag/channels/planned.py still has {spec.name}"
    assert set(field_lines(spec.fields)) == set(own)
    assert all(each.default is None for each in own.values())
    assert set(spec.needed) <= set(own)
    assert (spec.carries or set()) <= OF_TYPE.keys()
    parts = {*chain.from_iterable(ANSWER_NEEDS.values()), "content", "comment"}
    assert (spec.answers_with or set()) <= parts
    assert spec.inbound


def test_every_channel_by_which_questions_are_sent_has_what_sends_them() -> None:
    """A class in `hil/channels/` is marked with `@sends_by(SPEC)`; no other is."""
    services = Services(lambda: Dialer(AddressPolicy(())), {})

    assert senders(services).keys() == {each.name for each in CHANNELS.values() if each.is_sent}


def test_what_is_not_sent_takes_no_sender() -> None:
    """The mistake is told where it is made."""
    with pytest.raises(AssertionError, match="is_sent in its ChannelSpec"):
        sends_by(IN_APP)


def test_questions_have_the_names_and_the_fields_of_all_channels() -> None:
    """As asked, and as a node's configurations."""
    fields = {name for each in CHANNELS.values() for name in each.fields.model_fields}

    assert get_args(ChannelType) == tuple(CHANNELS)
    assert fields <= Question.model_fields.keys() & Asking.model_fields.keys()
    asked = Question(interaction_type=InteractionType.APPROVAL, title="?", webhook_url="http://x")  # type: ignore[call-arg]
    assert WEBHOOK.configured(asked).webhook_url == "http://x"


def test_a_channel_of_another_release_is_one_by_which_questions_are_sent() -> None:
    """Whoever has it sends them."""
    assert is_sent("carrier_pigeon")
    assert not is_sent("in_app")


@pytest.mark.parametrize("limits", [{"carries": {"approval"}}, {"answers_with": {"decision"}}])
def test_a_channel_is_asked_only_what_it_can_carry(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any]
) -> None:
    """A question of another type, or one whose answer needs more, is refused with the place."""
    narrow = {**CHANNELS, "in_app": replace(IN_APP, **limits)}
    monkeypatch.setattr(people, "CHANNELS", MappingProxyType(narrow))
    form = {"interaction_type": "input", "input_fields": [{"name": "n", "type": "number"}]}

    refused = found(configured(IN_APP_APPROVAL.key, title="?", **form))
    taken = found(configured(IN_APP_APPROVAL.key, title="?"))

    place = ("nodes[1].configurations.channel_type", "not_carried")
    assert place in refused
    assert place not in taken


def test_the_page_of_channels_is_written_from_the_specs() -> None:
    """docs/channels.md is what `dag.channel_docs` writes; `make docs` writes it anew."""
    assert PAGE.read_text("utf-8") == markdown()
