"""Streamed answers of model providers, event by event as they are on the wire.

Recordings of shapes, not of conversations: the events stand as the providers' documentation and
their SDKs' types give them, the words in them are the test's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tests.support.loopback_server import Answer

#: A kept connection would outlive the event loop of a test.
EVENTS = {"Content-Type": "text/event-stream; charset=utf-8", "Connection": "close"}


def openai_stream(
    *pieces: str, finish: str | None = "stop", usage: tuple[int, int] = (20, 5), **delta: Any
) -> Answer:
    """Return a streamed chat completion; `delta` is said before the pieces."""
    deltas = [{"role": "assistant", "content": "", "refusal": None, **delta}]
    deltas += [{"content": piece} for piece in pieces]
    events = [_chunk([{"index": 0, "delta": each, "finish_reason": None}]) for each in deltas]
    if finish is not None:
        events.append(_chunk([{"index": 0, "delta": {}, "finish_reason": finish}]))
        counted = {"prompt_tokens": usage[0], "completion_tokens": usage[1],
                   "total_tokens": sum(usage)}  # fmt: skip
        events.append(_chunk([], usage=counted))
    lines = [f"data: {json.dumps(each)}\n\n" for each in events]
    return Answer(200, EVENTS, "".join([*lines, "data: [DONE]\n\n"]).encode())


def _chunk(choices: list[Any], usage: Any = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-CqBd4Y2m1Jt9",
        "object": "chat.completion.chunk",
        "created": 1_795_500_000,
        "model": "gpt-5.5-2026-04-23",
        "service_tier": "default",
        "system_fingerprint": None,
        "choices": [{"logprobs": None, **each} for each in choices],
        "usage": usage,
    }


def anthropic_stream(
    *pieces: str, stop: str | None = "end_turn", usage: tuple[int, int] = (20, 5)
) -> Answer:
    """Return a streamed message of text."""
    block = {"type": "text", "text": ""}
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return _message(block, deltas, stop, usage)


def anthropic_object(*pieces: str, usage: tuple[int, int] = (20, 5)) -> Answer:
    """Return a streamed message in which the tool for an answer is used."""
    block = {"type": "tool_use", "id": "toolu_01A09q90qw", "name": "answer", "input": {}}
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    return _message(block, deltas, "tool_use", usage)


def anthropic_failing(*pieces: str, kind: str, words: str) -> Answer:
    """Return a stream in which an error follows some text."""
    whole = anthropic_stream(*pieces, stop=None)
    error = {"type": "error", "error": {"type": kind, "message": words}}
    return Answer(200, EVENTS, whole.body + _events([error]))


def _message(
    block: Mapping[str, Any],
    deltas: Iterable[Mapping[str, Any]],
    stop: str | None,
    usage: tuple[int, int],
) -> Answer:
    message: dict[str, object] = {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant",
        "model": "claude-sonnet-5-5-20260512", "content": [], "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": usage[0], "cache_creation_input_tokens": 0,
                  "cache_read_input_tokens": 0, "output_tokens": 1, "service_tier": "standard"},
    }  # fmt: skip
    events: list[Mapping[str, Any]] = [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "ping"},
    ]
    events += [{"type": "content_block_delta", "index": 0, "delta": each} for each in deltas]
    if stop is not None:
        events += [
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": stop, "stop_sequence": None},
             "usage": {"output_tokens": usage[1]}},
            {"type": "message_stop"},
        ]  # fmt: skip
    return Answer(200, EVENTS, _events(events))


def _events(events: Iterable[Mapping[str, Any]]) -> bytes:
    return "".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n" for e in events).encode()
