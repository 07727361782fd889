"""Model providers on loopback: their real wire shapes, with answers that a test scripts.

What is played back are recordings of shapes, not of conversations: the bodies stand as the
providers' documentation and their SDKs' types give them, the words in them are the test's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from tests.support.loopback_server import Answer, Loopback, Seen, serving
from treadle.core.settings import Settings

OPENAI_PATH = "/v1/chat/completions"
ANTHROPIC_PATH = "/v1/messages"


def openai_answer(content: str | None, **message: Any) -> Answer:
    """Return a chat completion; `message` adds to or replaces what its message says."""
    finish = message.pop("finish_reason", "stop")
    return _json({
        "id": "chatcmpl-CqBd4Y2m1Jt9",
        "object": "chat.completion",
        "created": 1_795_500_000,
        "model": "gpt-5.5-2026-04-23",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": content, "refusal": None,
                        "annotations": [], **message},
            "logprobs": None,
            "finish_reason": finish,
        }],
        "usage": {
            "prompt_tokens": 3_000,
            "completion_tokens": 200,
            "total_tokens": 3_200,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0,
                                          "accepted_prediction_tokens": 0,
                                          "rejected_prediction_tokens": 0},
        },
        "service_tier": "default",
        "system_fingerprint": None,
    })  # fmt: skip


def anthropic_answer(draft: Mapping[str, Any], **more: Any) -> Answer:
    """Return a message in which the tool that carries a draft is used."""
    return _json({
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5-20260512",
        "content": [
            {"type": "text", "text": "Here is the plan."},
            {"type": "tool_use", "id": "toolu_01A09q90qw90lq917835lq9", "name": "PlanDraft",
             "input": draft},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {"input_tokens": 3_100, "cache_creation_input_tokens": 0,
                  "cache_read_input_tokens": 0, "output_tokens": 210,
                  "service_tier": "standard"},
        **more,
    })  # fmt: skip


def refusal(status: int, words: str, **headers: str) -> Answer:
    """Return an error as both providers' SDKs read it."""
    body = {"type": "error", "error": {"type": "error", "message": words, "code": None}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {"Content-Type": "application/json", **named}, json.dumps(body).encode())


def draft(*steps: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """Return a draft of steps, one after another unless told otherwise."""
    ids = [step["id"] for step in steps]
    return {
        "rationale": "One step after another.",
        "title": "Answer a question",
        "assumptions": [],
        "placeholders": [],
        "steps": list(steps),
        "connections": [
            {"source": one, "output_key": "result", "target": two} for one, two in pairwise(ids)
        ],
        "cannot": "",
        **more,
    }


def step(step_id: str, kind: str = "ACTION.DATA_TRANSFORMATION", **settings: Any) -> dict[str, Any]:
    """Return a step; settings that are no text stand as JSON."""
    if kind == "ACTION.DATA_TRANSFORMATION" and not settings:
        settings = {"operation": "custom", "expression": "6 * 7"}
    return {
        "id": step_id,
        "type": kind,
        "purpose": f"It does {step_id}.",
        "settings": [
            {"field": name, "value": value if isinstance(value, str) else json.dumps(value)}
            for name, value in settings.items()
        ],
    }


class Provider:
    """A provider on loopback that gives one answer after the other, the last one for ever."""

    def __init__(self, loopback: Loopback) -> None:
        self._loopback = loopback
        self._answers: list[Answer | Callable[[Seen], Answer]] = []

    def answers(self, *answers: Answer | Callable[[Seen], Answer] | Mapping[str, Any]) -> None:
        """Script what comes next; a draft stands for an OpenAI answer that carries it."""
        self._answers = [
            openai_answer(json.dumps(each)) if isinstance(each, Mapping) else each
            for each in answers
        ]
        for path in (OPENAI_PATH, ANTHROPIC_PATH):
            self._loopback.on(path, self._next)

    @property
    def requests(self) -> Sequence[Any]:
        """Return the bodies it was asked with."""
        return [json.loads(seen.body) for seen in self._loopback.seen]

    @property
    def seen(self) -> Sequence[Seen]:
        """Return the requests it was asked with."""
        return self._loopback.seen

    @property
    def url(self) -> str:
        """Return the base address of what speaks OpenAI's wire."""
        return self._loopback.url("/v1")

    def settings(self, settings: Settings, **more: Any) -> Settings:
        """Return settings that lead here."""
        return settings.model_copy(
            update={
                "openai_base_url": self._loopback.url("/v1"),
                "anthropic_base_url": self._loopback.url(""),
                "planner_model": "openai/gpt-5.5",
                **more,
            }
        )

    def _next(self, seen: Seen) -> Answer:
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return given(seen) if callable(given) else given


@contextmanager
def providing() -> Iterator[Provider]:
    """Run a provider for as long as the block lasts."""
    with serving() as loopback:
        yield Provider(loopback)


def _json(body: Mapping[str, Any]) -> Answer:
    return Answer(200, {"Content-Type": "application/json"}, json.dumps(body).encode())
