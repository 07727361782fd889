"""AI agents on loopback providers that speak the real wire, by recordings of its events."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from core.dialer import AddressPolicy, Dialer
from core.settings import Settings
from dag.outcomes import Completed, Failed
from dag.specs.ai import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from dag.values import Value
from tests.attempts import attempt_of
from tests.integration.loopback import Answer
from tests.providers import Provider, providing
from tests.streams import (
    anthropic_stream,
    openai_stream,
)
from workers.nodes.model_call import model_calls

Config = Mapping[str, Any] | None
KEY = "sk-operators-own"
OPENAI, CLAUDE = "AI_AGENT.OPENAI_CHATGPT", "AI_AGENT.ANTHROPIC_CLAUDE"
URGENCY = {
    "type": "object",
    "properties": {"urgency": {"enum": ["low", "high"]}},
    "required": ["urgency"],
    "additionalProperties": False,
}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


class Node:
    """Carries out attempts of a node, as a worker does."""

    def __init__(self, settings: Settings, networks: tuple[Any, ...] = ()) -> None:
        self._settings = settings
        self._networks = networks
        self.told: list[Value] = []

    def run(self, kind: str, config: Config = None, **more: Any) -> Completed | Failed:
        """Run one attempt with a loop, a dialer and connections of its own."""
        asked = {"user_prompt": "How urgent?", **(config or {})}
        attempt = replace(
            attempt_of(kind, asked, **more), tell=lambda told, _: self.told.append(told)
        )

        async def carried_out() -> Completed | Failed:
            calls = model_calls(Dialer(AddressPolicy(self._networks)), self._settings)
            return await calls[OPENAI_CHATGPT if kind == OPENAI else ANTHROPIC_CLAUDE](attempt)

        return asyncio.run(carried_out())

    def completed(self, kind: str, config: Config = None, **more: Any) -> Completed:
        outcome = self.run(kind, config, **more)
        assert isinstance(outcome, Completed), outcome
        return outcome

    def failed(self, kind: str, config: Config = None, **more: Any) -> Failed:
        outcome = self.run(kind, config, **more)
        assert isinstance(outcome, Failed), outcome
        return outcome


@pytest.fixture
def node(provider: Provider) -> Node:
    """Return a node whose operator has set both keys, and addresses that lead to the provider."""
    key = SecretStr(KEY)
    return Node(provider.settings(Settings(), openai_api_key=key, anthropic_api_key=key))


def reason(failed: Failed) -> str:
    return str(failed.error["error_details"]["reason"])


@pytest.mark.parametrize(
    ("kind", "answer"),
    [(OPENAI, openai_stream("It is ", "urgent.")), (CLAUDE, anthropic_stream("It is ", "urgent."))],
)
def test_a_text_comes_in_by_pieces_and_is_put_out_whole(
    node: Node, provider: Provider, kind: str, answer: Answer
) -> None:
    """Each piece is reported as it comes, and says where in the text it stands."""
    provider.answers(answer)

    assert node.completed(kind).output == {"text": "It is urgent."}
    assert node.told == [
        {"text": "It is ", "offset": 0, "call": 0},
        {"text": "urgent.", "offset": 6, "call": 0},
    ]


@pytest.mark.parametrize(
    ("kind", "answer", "cost"),
    [(OPENAI, openai_stream("x"), 0.00025), (CLAUDE, anthropic_stream("x"), 0.00009)],
)
def test_the_record_says_which_model_answered_and_what_it_took(
    node: Node, provider: Provider, kind: str, answer: Answer, cost: float
) -> None:
    """Tokens as the provider counted, and dollars by its list prices."""
    provider.answers(answer)
    details = dict(node.completed(kind).details)

    assert details.pop("cost_usd") == pytest.approx(cost, rel=0.5)
    assert details == {
        "provider": "openai" if kind == OPENAI else "anthropic",
        "model": "gpt-5.5-2026-04-23" if kind == OPENAI else "claude-sonnet-5-5-20260512",
        "calls": 1,
        "tokens": {"input": 20, "output": 5},
        "repaired": [],
    }
