"""AI agents on loopback providers that speak the real wire, by recordings of its events."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.attempts import attempt_of
from tests.support.loopback_server import Answer
from tests.support.model_servers import Provider, providing, refusal
from tests.support.streams import (
    EVENTS,
    anthropic_failing,
    anthropic_object,
    anthropic_stream,
    openai_stream,
)
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.problems import Hints
from treadle.dag.specs.models import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from treadle.dag.values import Value
from treadle.workers.nodes.implementation import Services, implementations
from treadle.workers.nodes.models.agents import model_calls

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
            services = Services(Dialer(AddressPolicy(self._networks)), self._settings)
            return await model_calls(services)(attempt)

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


def test_a_process_has_its_conversations_once() -> None:
    """Both providers' nodes share what is loaded, and its connections."""
    found = implementations(Services(Dialer(AddressPolicy(())), Settings()))

    assert found[OPENAI_CHATGPT] is found[ANTHROPIC_CLAUDE]


def raw(body: bytes) -> Answer:
    return Answer(200, EVENTS, body)


def refused(words: str) -> Answer:
    return refusal(400, words, Connection="close")


def one(kind: str) -> Answer:
    """Return some answer of a provider."""
    return openai_stream("It is so.") if kind == OPENAI else anthropic_stream("It is so.")


def holding(**properties: Any) -> dict[str, Any]:
    """Return a configuration with a schema."""
    return {"output_schema": {"type": "object", "properties": properties}}


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


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_what_is_asked_stands_on_the_wire_as_configured(
    node: Node, provider: Provider, kind: str
) -> None:
    """Prompts, bounds, and what is asked of the stream."""
    provider.answers(one(kind))
    node.completed(
        kind,
        {
            "model": "some-model",
            "system_prompt": "You are {{ input.who }}.",
            "user_prompt": "Say {{ input.what }}.",
            "temperature": 0.5,
            "max_tokens": 99,
        },
        came={"who": "Ada", "what": "yes"},
    )

    (request,) = provider.requests
    assert (request["model"], request["temperature"], request["stream"]) == (
        "some-model",
        0.5,
        True,
    )
    assert request["max_tokens"] == 99
    user = {"role": "user", "content": "Say yes."}
    if kind == OPENAI:
        assert request["messages"] == [{"role": "system", "content": "You are Ada."}, user]
        assert request["stream_options"] == {"include_usage": True}
    else:
        assert (request["system"], request["messages"]) == ("You are Ada.", [user])


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (OPENAI, openai_stream('{"urg', 'ency": "high"}')),
        (CLAUDE, anthropic_object('{"urg', 'ency": "high"}')),
    ],
)
def test_an_answer_by_schema_is_put_out_as_an_object(
    node: Node, provider: Provider, kind: str, answer: Answer
) -> None:
    """The provider is told the schema, each in its way, and to the letter where that can be."""
    provider.answers(answer)

    assert node.completed(kind, {"output_schema": URGENCY}).output == {"data": {"urgency": "high"}}
    (request,) = provider.requests
    if kind == OPENAI:
        told = request["response_format"]["json_schema"]
        assert (told["schema"], told["strict"]) == (URGENCY, True)
    else:
        assert request["tools"][0]["input_schema"] == URGENCY
        assert request["tool_choice"] == {"type": "tool", "name": "answer"}


@pytest.mark.parametrize(("kind", "say"), [(OPENAI, openai_stream), (CLAUDE, anthropic_object)])
def test_a_model_is_told_what_is_wrong_with_its_answer(
    node: Node, provider: Provider, kind: str, say: Any
) -> None:
    """Another call, under a key of its own, and both are counted."""
    provider.answers(say('{"urgency": "huge"}'), say('{"urgency": "low"}'))
    done = node.completed(kind, {"output_schema": URGENCY})

    assert done.output == {"data": {"urgency": "low"}}
    assert (done.details["calls"], done.details["tokens"]) == (2, {"input": 40, "output": 10})
    assert done.details["repaired"] == ["urgency: 'huge' is not one of ['low', 'high']"]
    first, second = provider.requests
    question, answer, complaint = second["messages"][-3:]
    assert question == first["messages"][-1]
    assert answer == {"role": "assistant", "content": '{"urgency": "huge"}'}
    assert "'huge' is not one of" in complaint["content"]
    keys = [seen.headers["idempotency-key"] for seen in provider.seen]
    assert len(set(keys)) == 2


def test_repairs_are_bounded(node: Node, provider: Provider) -> None:
    """The error says what is still wrong, and quotes the answer; a retry would ask the same."""
    provider.answers(openai_stream("no JSON at all"))
    failed = node.failed(OPENAI, {"output_schema": URGENCY, "max_repairs": 1})

    assert reason(failed) == "answer_invalid"
    assert failed.error["is_retryable"] is False
    assert failed.error["error_details"]["answer"] == "no JSON at all"
    assert failed.details["calls"] == len(provider.requests) == 2


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_a_provider_in_trouble_is_worth_another_attempt(
    node: Node, provider: Provider, kind: str, status: int
) -> None:
    """It is asked once an attempt; its Retry-After is handed on to who decides."""
    provider.answers(refusal(status, "busy", Retry_After="7", Connection="close"))
    failed = node.failed(kind)

    assert reason(failed) == "provider_unavailable"
    assert failed.error["is_retryable"] is True
    assert failed.retry_after == timedelta(seconds=7)
    assert len(provider.requests) == 1


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_request_that_is_refused_is_not_sent_again(
    node: Node, provider: Provider, kind: str, status: int
) -> None:
    """The provider's words say why; the key that they may hold does not come along."""
    provider.answers(refusal(status, f"not with {KEY}", Connection="close"))
    failed = node.failed(kind)

    assert (reason(failed), failed.error["is_retryable"]) == ("provider_refused", False)
    assert "not with ***" in failed.error["error_message"]


@pytest.mark.parametrize(
    ("kind", "answer", "why", "again"),
    [
        (OPENAI, openai_stream(refusal="I will not."), "model_refused", False),
        (CLAUDE, anthropic_stream("I will not.", stop="refusal"), "model_refused", False),
        (OPENAI, openai_stream("Half a", finish=None), "answer_incomplete", True),
        (CLAUDE, anthropic_stream("Half a", stop=None), "answer_incomplete", True),
        (OPENAI, openai_stream("Half a", finish="length"), "answer_cut", False),
        (CLAUDE, anthropic_stream("Half a", stop="max_tokens"), "answer_cut", False),
        (OPENAI, openai_stream("", finish="content_filter"), "answer_filtered", False),
        (OPENAI, raw(b"data: {oh\n\n"), "answer_malformed", False),
        (OPENAI, raw(b'data: {"choices": 3}\n\n'), "answer_malformed", False),
        (
            CLAUDE,
            raw(b"event: message_start\ndata: {}\n\n"),
            "answer_malformed",
            False,
        ),
        (OPENAI, raw(b"<html>"), "answer_malformed", False),
        (
            CLAUDE,
            anthropic_failing("Half", kind="overloaded_error", words="busy"),
            "provider_unavailable",
            True,
        ),
        (
            OPENAI,
            refused("context_length_exceeded"),
            "context_too_long",
            False,
        ),
        (CLAUDE, refused("prompt is too long"), "context_too_long", False),
    ],
)
def test_what_is_no_answer_fails_by_its_own_reason(
    node: Node, provider: Provider, kind: str, answer: Answer, why: str, again: bool
) -> None:
    """Nothing incomplete is ever put out, and only what may pass is tried again."""
    provider.answers(answer)
    failed = node.failed(kind)

    assert (reason(failed), failed.error["is_retryable"]) == (why, again)


def test_a_line_that_is_cut_within_an_answer_is_worth_another_attempt(
    node: Node, provider: Provider
) -> None:
    """What came until then is reported, and counts for nothing."""
    whole = openai_stream("It is ", "urgent.")
    cut = Answer(200, {**EVENTS, "Content-Length": str(len(whole.body) + 1)}, whole.body[:700])
    provider.answers(cut)
    failed = node.failed(OPENAI)

    assert (reason(failed), failed.error["is_retryable"]) == ("answer_incomplete", True)


@pytest.mark.parametrize(("kind", "variable"), [(OPENAI, "OPENAI"), (CLAUDE, "ANTHROPIC")])
def test_a_key_that_is_not_set_is_named(kind: str, variable: str) -> None:
    """The error says which variable to set."""
    failed = Node(Settings()).failed(kind)

    assert (reason(failed), failed.error["is_retryable"]) == ("provider_key_missing", False)
    assert f"{variable}_API_KEY" in failed.error["error_details"]["solution"]


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_a_credential_takes_the_place_of_the_operators_key(
    node: Node, provider: Provider, kind: str
) -> None:
    """It is a secret of the workflow's, resolved for the attempt."""
    provider.answers(one(kind))
    node.completed(kind, {"credential": "{{ secrets.mine }}"}, secrets={"mine": "hunter22"})

    (seen,) = provider.seen
    assert seen.headers["authorization"] == "Bearer hunter22"


def test_an_address_of_the_authors_is_one_that_workflows_may_reach(
    node: Node, provider: Provider
) -> None:
    """Loopback is not, unless the operator says so (the way out)."""
    config = {"base_url": provider.url, "credential": "{{ secrets.mine }}"}
    failed = node.failed(OPENAI, config, secrets={"mine": "hunter22"})

    assert (reason(failed), provider.seen) == ("address_not_allowed", [])


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_an_address_of_the_authors_gets_the_authors_key_and_nothing_of_the_operators(
    provider: Provider, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what SDKs read out of the environment by themselves stays here."""
    custom = "X-Internal: yes\nAuthorization: Bearer leaked\nX-Api-Key: leaked"
    for name in ("OPENAI", "ANTHROPIC"):
        monkeypatch.setenv(f"{name}_CUSTOM_HEADERS", custom)
    monkeypatch.setenv("OPENAI_ORG_ID", "org-internal")
    provider.answers(one(kind))
    base_url = provider.url if kind == OPENAI else provider.url.removesuffix("/v1")
    config = {"base_url": base_url, "credential": "{{ secrets.mine }}"}
    settings = Settings(openai_api_key=SecretStr(KEY), anthropic_api_key=SecretStr(KEY))
    node = Node(settings, networks=(ip_network("127.0.0.0/8"),))
    done = node.completed(kind, config, secrets={"mine": "hunter22"})

    assert (done.output, done.details["cost_usd"]) == ({"text": "It is so."}, None)
    (seen,) = provider.seen
    sent = " ".join([*seen.headers, *seen.headers.values()])
    assert not any(word in sent for word in ("internal", "leaked", KEY))
    assert "hunter22" in sent


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"base_url": "https://example.org/v1"}, "credential"),
        ({"output_schema": {"type": "object", "properties": 3}}, "output_schema.properties"),
        ({"output_schema": {"type": "array"}}, "output_schema"),
        (
            {"output_schema": {"type": "object", "patternProperties": {}}},
            "output_schema.patternProperties",
        ),
        (
            holding(a={"$ref": "http://x/y"}),
            'output_schema.properties.a["$ref"]',
        ),
        (
            holding(a={"pattern": "(?=a)"}),
            "output_schema.properties.a.pattern",
        ),
        ({"temperature": 3}, "temperature"),
    ],
)
def test_what_cannot_be_asked_is_said_at_submission(config: Mapping[str, Any], path: str) -> None:
    """With the path to it, before anything runs."""
    found = OPENAI_CHATGPT.problems({"user_prompt": "x", **config}, Hints())

    assert [each.path for each in found] == [path]


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_a_credential_that_ends_in_a_line_break_works(
    node: Node, provider: Provider, kind: str
) -> None:
    """White space around it is no part of it."""
    provider.answers(one(kind))
    node.completed(kind, {"credential": "{{ secrets.k }}"}, secrets={"k": "sk-of-a-node\r\n"})

    assert provider.seen[0].headers["authorization"] == "Bearer sk-of-a-node"


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
@pytest.mark.parametrize("key", ["sk-of\n-a-node", "sk-of-ä-node", "sk-of\x00-node"])
def test_a_credential_that_no_header_can_carry_is_refused(
    node: Node, provider: Provider, kind: str, key: str
) -> None:
    """Without its value, and without a call."""
    provider.answers(one(kind))
    failed = node.failed(kind, {"credential": "{{ secrets.k }}"}, secrets={"k": key})

    assert (reason(failed), failed.error["is_retryable"]) == ("provider_key_invalid", False)
    assert "sk-of" not in repr(failed)
    assert not provider.seen


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_a_providers_words_are_masked_before_they_are_cut(
    node: Node, provider: Provider, kind: str
) -> None:
    """The operator's key across the end of what is quoted is not shown in part."""
    provider.answers(refused("x" * 590 + KEY))
    failed = node.failed(kind)

    assert "x***" in failed.error["error_message"]
    assert KEY[:4] not in repr(failed)


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("base_url", [True, False])
def test_an_answer_is_bounded_by_what_it_inflates_to(
    provider: Provider, kind: str, status: int, base_url: bool
) -> None:
    """At an author's address and the operator's, as a stream and as an error."""
    line = b": " + b"x" * 2**20 + b"\n\n"
    packed = gzip.compress(gzip.compress(line * 80))
    headers = EVENTS | {"Content-Encoding": "gzip, gzip"}
    provider.answers(Answer(status, headers, packed))
    keys = {"openai_api_key": SecretStr(KEY), "anthropic_api_key": SecretStr(KEY)}
    node = Node(provider.settings(Settings(), **keys), (ip_network("127.0.0.0/8"),))
    own = provider.url if kind == OPENAI else provider.url.removesuffix("/v1")
    chosen = {"base_url": own, "credential": "sk-of-a-node"} if base_url else {}
    failed = node.failed(kind, chosen)

    assert (reason(failed), failed.error["is_retryable"]) == ("response_too_large", False)
    assert len(provider.seen) == 1


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_a_compressed_answer_is_read(node: Node, provider: Provider, kind: str) -> None:
    """Also by a server that was not asked to compress."""
    plain = one(kind)
    headers = {**plain.headers, "Content-Encoding": "gzip"}
    provider.answers(Answer(200, headers, gzip.compress(plain.body)))
    own = provider.url if kind == OPENAI else provider.url.removesuffix("/v1")
    config = {"base_url": own, "credential": "sk-of-a-node"}

    assert node.completed(kind).output == {"text": "It is so."}
    node = Node(Settings(), (ip_network("127.0.0.0/8"),))
    assert node.completed(kind, config).output == {"text": "It is so."}


def changed(answer: Answer, change: Callable[[dict[str, Any]], None]) -> Answer:
    """Return a stream with each of its events changed, as services change them."""
    lines = []
    for line in answer.body.decode().splitlines():
        name, _, data = line.partition("data: ")
        if data.startswith("{"):
            event = json.loads(data)
            change(event)
            data = json.dumps(event)
        lines.append(f"data: {data}" if data else name)
    return Answer(200, answer.headers, "\n".join([*lines, "", ""]).encode())


def nulls_in_usage(event: dict[str, Any]) -> None:
    for holder in (event, event.get("message") or {}):
        if holder.get("usage"):
            holder["usage"] = dict.fromkeys(holder["usage"])


def usage_of_other_types(event: dict[str, Any]) -> None:
    for holder in (event, event.get("message") or {}):
        if holder.get("usage"):
            holder["usage"] = dict.fromkeys(holder["usage"], "many")


def no_usage(event: dict[str, Any]) -> None:
    event.pop("usage", None)
    event.get("message", {}).pop("usage", None)


def no_model(event: dict[str, Any]) -> None:
    event.pop("model", None)
    event.get("message", {}).pop("model", None)


def odd_model(event: dict[str, Any]) -> None:
    for holder in (event, event.get("message", {})):
        if "model" in holder:
            holder["model"] = {"name": 7}


def no_choices(event: dict[str, Any]) -> None:
    if not event.get("choices"):
        event["choices"] = None


def bare(event: dict[str, Any]) -> None:
    for name in ("id", "object", "created", "service_tier", "system_fingerprint", "logprobs"):
        event.pop(name, None)
    event.get("message", {}).pop("content", None)


@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
@pytest.mark.parametrize(
    "change",
    [nulls_in_usage, usage_of_other_types, no_usage, no_model, odd_model, no_choices, bare],
)
def test_what_services_leave_out_fails_no_call(
    node: Node, provider: Provider, kind: str, change: Callable[[dict[str, Any]], None]
) -> None:
    """An answer that came was paid for; what is missing in it counts as nothing."""
    provider.answers(changed(one(kind), change))

    assert node.completed(kind).output == {"text": "It is so."}
    assert len(provider.seen) == 1


@pytest.mark.parametrize("delta", [{}, {"delta": None}, {"delta": {"content": None}}])
def test_a_choice_without_a_delta_says_nothing(
    node: Node, provider: Provider, delta: dict[str, Any]
) -> None:
    """Azure's filter sends such chunks in between."""
    head, *rest = openai_stream("It is ", "so.").body.decode().split("\n\n")
    odd = {**json.loads(head.removeprefix("data: ")), "choices": [{"index": 0, **delta}]}
    body = "\n\n".join([head, f"data: {json.dumps(odd)}", *rest])
    provider.answers(raw(body.encode()))

    assert node.completed(OPENAI).output == {"text": "It is so."}


@pytest.mark.parametrize(
    "number", ["18446744073709551616", "-9223372036854775809", "1" * 5_000, "9223372036854775808"]
)
def test_a_number_that_cannot_be_kept_is_no_answer(
    node: Node, provider: Provider, number: str
) -> None:
    """It would be rounded without a word."""
    provider.answers(openai_stream(f'{{"a": {number}}}'))
    failed = node.failed(OPENAI, holding(a={"type": "integer"}) | {"max_repairs": 0})

    assert (reason(failed), failed.error["is_retryable"]) == ("answer_invalid", False)
    assert "beyond" in failed.error["error_message"]


@pytest.mark.parametrize(
    "base_url", ["http://127.0.0.1:99999/v1", "http://xn--/v1", "http://a..b/"]
)
@pytest.mark.parametrize("kind", [OPENAI, CLAUDE])
def test_an_address_that_cannot_be_is_refused_once(node: Node, kind: str, base_url: str) -> None:
    """Another attempt would not change it."""
    failed = node.failed(kind, {"base_url": base_url, "credential": "sk-of-a-node"})

    assert failed.error["is_retryable"] is False
    assert reason(failed) in ("request_not_valid", "provider_refused")
