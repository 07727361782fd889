"""Conversations with models: a question, its answer, and what is wrong with it report back.

One attempt is one conversation. Nothing in it is tried again: a call that failed fails the attempt,
and the retry policy has its say.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias

from pydantic import SecretStr

from treadle.core.dialer import Dialer
from treadle.core.dialer.redirects import check_bound, parsed_url
from treadle.core.dialer.transport import client_through
from treadle.core.errors import TreadleError
from treadle.core.provider_errors import (
    AnswerMalformed,
    ProviderRefused,
    ProviderUnavailable,
)
from treadle.core.providers import (
    Wire,
    anthropic_client,
    connections,
    failure_of,
    load,
    openai_client,
)
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.output_schema import answer_problems
from treadle.dag.specs.models import ClaudeMessage, OpenAIChat
from treadle.dag.values import NotAValue, Value, loads_exactly
from treadle.monitoring import models
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.models.sdk import anthropic_wire, openai_wire
from treadle.workers.nodes.models.sdk.credential import with_sendable_key
from treadle.workers.nodes.models.sdk.spent import Spent
from treadle.workers.nodes.models.sdk.wire import (
    Message,
    OnDelta,
    Question,
    StreamedReply,
    check_end,
)
from treadle.workers.secrets import PieceMask, operator_keys, without

#: Characters of an answer that one report carries at most.
_TOLD_CHARACTERS = 10_000
#: Characters of an answer that an error quotes.
_QUOTED = 1_000
#: What goes to an address that an author chose; nothing else that an SDK would add.
_HEADERS = (
    "accept", "anthropic-version", "authorization", "content-type", "idempotency-key", "user-agent",
)  # fmt: skip

Ask: TypeAlias = Callable[[Question, StreamedReply, OnDelta], Awaitable[None]]


class AnswerInvalid(TreadleError):
    """The model's answer does not match the schema, even after a second request with the errors."""

    reason: ClassVar[str] = "answer_invalid"
    solution: ClassVar[str] = (
        "Simplify output_schema, describe it in the prompt, or use another model."
    )


class Conversations:
    """Holds conversations over connections that they share. Belongs to one event loop."""

    def __init__(self, dialer: Dialer, settings: Settings) -> None:
        self._settings = settings
        self._operators = connections()
        self._authors = client_through(dialer, _HEADERS)

    async def converse(self, wire: Wire, attempt: Attempt) -> Completed | Failed:
        """Carry out an attempt of a node that asks a model."""
        config = attempt.config
        assert isinstance(config, OpenAIChat | ClaudeMessage)
        spent = Spent(wire, config.model, is_priced=config.base_url is None)
        wait: timedelta | None = None
        failure: TreadleError
        secrets = (attempt.variables.get("secrets") or {}).values()
        hidden = (*secrets, *operator_keys(self._settings))
        try:
            config = with_sendable_key(config)
            await load(wire)
            ask = self._reached(wire, config, attempt)
            output = await _Conversation(wire, config, attempt, ask, spent, hidden).output()
            return Completed(output, details=spent.details())
        except ProviderUnavailable as error:
            failure, wait = error, error.retry_after
        except TreadleError as error:
            failure = error
        return Failed(without(failure.to_wire(), hidden), wait, spent.details())

    def _reached(self, wire: Wire, config: OpenAIChat | ClaudeMessage, attempt: Attempt) -> Ask:
        """Return a way to ask, at the address and with the key that are due.

        Raises:
            ProviderKeyMissing: `provider_key_missing`.
            ProviderRefused: the address is none.
            SecretNotForHost: the credential may not be sent there.
        """
        chosen: dict[str, Any] = {}
        if config.credential is not None:
            chosen[f"{wire}_api_key"] = SecretStr(config.credential)
        if config.base_url is not None:
            chosen[f"{wire}_base_url"] = config.base_url
        settings = self._settings.model_copy(update=chosen)
        shared = self._operators if config.base_url is None else self._authors
        seconds = min(float(config.timeout), max(1.0, attempt.deadline - time.monotonic()))
        timeout = timedelta(seconds=seconds)
        try:
            make = openai_client if wire == "openai" else anthropic_client
            client = make(settings, timeout, shared)
        except Exception as error:
            raise failure_of(error, wire) or error from error
        if bound := self._settings.offered_secrets.bound(attempt.node.secrets):
            check_bound(bound, parsed_url(str(client.base_url)))
        return _bound(openai_wire.ask if wire == "openai" else anthropic_wire.ask, client)


def _bound(ask: Callable[..., Awaitable[None]], client: Any) -> Ask:
    async def asked(question: Question, said: StreamedReply, on_delta: OnDelta) -> None:
        await ask(client, question, said, on_delta)

    return asked


@dataclass(slots=True)
class _Conversation:
    """One attempt's."""

    wire: Wire
    config: OpenAIChat | ClaudeMessage
    attempt: Attempt
    ask: Ask
    spent: Spent
    hidden: Collection[str]
    """What no error and no report may quote."""

    async def output(self) -> dict[str, Value]:
        """Ask until the answer is as it should be, so often as it may be asked."""
        schema = self.config.output_schema
        first: Message = {"role": "user", "content": self.config.user_prompt}
        said = await self._say(first)
        if schema is None:
            return {"text": said.text}
        for repairs in range(self.config.max_repairs + 1):
            answer, wrong = _read(said.text, schema)
            if not wrong:
                return {"data": answer}
            if repairs < self.config.max_repairs:
                self.spent.repaired += wrong
                said = await self._say(first, *_told_back(said.text, wrong))
        raise AnswerInvalid(
            f"{self.spent.model} did not answer as output_schema says: {wrong[0]}",
            problems=wrong,
            answer=self._clean(said.text)[:_QUOTED],
        )

    def _clean(self, text: str) -> str:
        return str(without(text, self.hidden))

    async def _say(self, *messages: Message) -> StreamedReply:
        """Ask once."""
        ordinal = self.spent.calls
        said = StreamedReply()
        headers = {"Idempotency-Key": self.attempt.idempotency_key(ordinal)}
        if self.config.credential is not None:  # before what an SDK may find in its environment
            headers["Authorization"] = f"Bearer {self.config.credential}"
        question = Question(
            model=self.config.model,
            system=self.config.system_prompt,
            messages=messages,
            max_tokens=self.config.max_tokens,
            temperature=self.config.temperature,
            schema=self.config.output_schema,
            headers=headers,
        )

        mask = PieceMask(self.hidden)
        offset = 0

        async def tell(text: str) -> None:
            nonlocal offset
            if text:
                report = {"text": text[:_TOLD_CHARACTERS], "offset": offset, "call": ordinal}
                offset += len(text)
                await self.attempt.report(report, _joined)

        async def on_delta(piece: str) -> None:
            await tell(mask.add(piece))

        try:
            with models.calling("node", self.wire):
                await self._on_delta(question, said, on_delta)
                await tell(mask.rest())
                check_end(said, question)
        finally:
            self.spent.add(said)
        return said

    async def _on_delta(self, question: Question, said: StreamedReply, on_delta: OnDelta) -> None:
        try:
            await self.ask(question, said, on_delta)
        except TreadleError:
            raise
        except Exception as error:
            failure = failure_of(error, self.wire, self._clean)
            if isinstance(failure, ProviderRefused) and self.config.credential is not None:
                failure.advice = "Check the secret that `credential` names, `model`, and the words."
            if failure is None:
                # What is not as it should be shows where it is read; the call had its effect.
                kind = type(error).__name__
                failure = AnswerMalformed(
                    f"The answer of {self.wire} cannot be read: {kind}: {error}"
                )
            raise failure from error
        if said.finish is None and not said.parts and not said.model:
            raise AnswerMalformed(f"What {self.wire} sent is no stream of events.")


def _read(text: str, schema: dict[str, Any]) -> tuple[Value, list[str]]:
    """Return an answer's value, and what is wrong with it."""
    try:
        answer = loads_exactly(text)
        return answer, answer_problems(schema, answer)
    except NotAValue as error:
        return None, [f"the answer: {error.message}"]
    except (ValueError, RecursionError) as error:
        return None, [f"the answer: it is no JSON: {error}"]


def _told_back(answer: str, wrong: list[str]) -> tuple[Message, Message]:
    problems = "\n".join(f"- {each}" for each in wrong)
    words = f"This is not as the schema says:\n{problems}\nAnswer again, whole, without the faults."
    return {"role": "assistant", "content": answer or "(nothing)"}, {
        "role": "user",
        "content": words,
    }


def _joined(waiting: Value, now: Value) -> Value:
    """Return two pieces of one answer as one. What is too much shows as a gap between offsets."""
    if waiting["call"] != now["call"]:
        return now
    text = waiting["text"] + now["text"]
    return waiting if len(text) > _TOLD_CHARACTERS else {**waiting, "text": text}
