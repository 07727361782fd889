"""OpenAI's chat completions, streamed: a question goes out, an answer comes in by pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from treadle.core.providers import Tokens
from treadle.dag.output_schema import is_strict
from treadle.workers.nodes.models.sdk.fields import at, text_at
from treadle.workers.nodes.models.sdk.wire import OnDelta, Question, StreamedReply

if TYPE_CHECKING:
    from openai import AsyncOpenAI

#: OpenAI's own address, which knows a newer name for the bound on an answer.
_OWN_HOST = "api.openai.com"


async def ask(
    client: AsyncOpenAI, question: Question, said: StreamedReply, on_delta: OnDelta
) -> None:
    """Ask; what comes in is taken into `said`, so that it is known also when the rest fails."""
    create: Any = client.chat.completions.create
    stream = await create(**_request(question, own=client.base_url.host == _OWN_HOST))
    async with stream:
        async for chunk in stream:
            await _take_in(chunk, said, on_delta)


async def _take_in(chunk: Any, said: StreamedReply, on_delta: OnDelta) -> None:
    said.model = text_at(chunk, "model") or said.model
    if usage := at(chunk, "usage"):
        said.tokens = Tokens.counted(at(usage, "prompt_tokens"), at(usage, "completion_tokens"))
    choices = at(chunk, "choices")
    for choice in choices[:1] if isinstance(choices, list) else ():
        said.finish = text_at(choice, "finish_reason") or said.finish
        said.refusal += text_at(choice, "delta", "refusal")
        await said.add(text_at(choice, "delta", "content"), on_delta)


def _request(question: Question, *, own: bool) -> dict[str, Any]:
    system = [{"role": "system", "content": question.system}] if question.system else []
    request: dict[str, Any] = {
        "model": question.model,
        "messages": [*system, *question.messages],
        "max_completion_tokens" if own else "max_tokens": question.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
        "extra_headers": question.headers,
    }
    if question.temperature is not None:
        request["temperature"] = question.temperature
    if question.schema is not None:
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": _format(question.schema),
        }
    return request


def _format(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "answer", "schema": schema, "strict": is_strict(schema)}
