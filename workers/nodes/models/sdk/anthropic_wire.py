"""Anthropic's messages, streamed: a question goes out, an answer comes in by pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from treadle.core.providers import Tokens
from treadle.workers.nodes.models.sdk.fields import at, text_at
from treadle.workers.nodes.models.sdk.wire import OnDelta, Question, StreamedReply

if TYPE_CHECKING:
    from anthropic import AsyncAnthropic

#: The tool by which an answer with a schema is given; its input is the answer.
_TOOL = "answer"


async def ask(
    client: AsyncAnthropic, question: Question, said: StreamedReply, on_delta: OnDelta
) -> None:
    """Ask; what comes in is taken into `said`, so that it is known also when the rest fails."""
    create: Any = client.messages.create
    stream = await create(**_request(question))
    async with stream:
        async for event in stream:
            await _take_in(event, question, said, on_delta)


async def _take_in(event: Any, question: Question, said: StreamedReply, on_delta: OnDelta) -> None:
    match (at(event, "type"), at(event, "delta", "type")):
        case "message_start", _:
            usage = at(event, "message", "usage")
            said.model = text_at(event, "message", "model")
            said.tokens = Tokens(_read(usage), _written(usage))
        case "content_block_delta", "text_delta":
            if question.schema is None:  # beside a tool, text is only talk
                await said.add(text_at(event, "delta", "text"), on_delta)
        case "content_block_delta", "input_json_delta":
            await said.add(text_at(event, "delta", "partial_json"), on_delta)
        case "message_delta", _:
            said.finish = text_at(event, "delta", "stop_reason") or said.finish
            before = said.tokens or Tokens()
            usage = at(event, "usage")
            said.tokens = Tokens(before.input or _read(usage), _written(usage) or before.output)


def _read(usage: Any) -> int:
    """Return all that a model read; what came from a cache counts too."""
    names = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
    return sum(Tokens.counted(at(usage, name), 0).input for name in names)


def _written(usage: Any) -> int:
    return Tokens.counted(0, at(usage, "output_tokens")).output


def _request(question: Question) -> dict[str, Any]:
    request: dict[str, Any] = {
        "model": question.model,
        "messages": list(question.messages),
        "max_tokens": question.max_tokens,
        "stream": True,
        "extra_headers": question.headers,
    }
    if question.system:
        request["system"] = question.system
    if question.temperature is not None:
        request["extra_body"] = {"temperature": question.temperature}
    if question.schema is not None:
        described = "Gives the answer."
        request["tools"] = [
            {"name": _TOOL, "description": described, "input_schema": question.schema}
        ]
        request["tool_choice"] = {"type": "tool", "name": _TOOL}
    return request
