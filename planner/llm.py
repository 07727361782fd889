"""Asking a model for a draft: one call, held to the draft's shape by instructor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import instructor
from instructor.core.exceptions import IncompleteOutputException, InstructorRetryException
from instructor.core.hooks import Hooks
from pydantic import ValidationError

from treadle.core.errors import TreadleError
from treadle.core.provider_errors import AnswerCut, AnswerMalformed, ModelRefused
from treadle.core.providers import (
    Tokens,
    Wire,
    anthropic_client,
    failure_of,
    load,
    openai_client,
)
from treadle.core.settings import Settings
from treadle.dag.values import dumps
from treadle.planner import local, small
from treadle.planner.catalogue import system_prompt
from treadle.planner.drafts import Message, PlanDraft
from treadle.planner.model_choice import SMALL, Choice

# It logs each failed call as an error, and the caller tells it.
logging.getLogger("instructor").setLevel(logging.CRITICAL)

#: Complaints about an answer's shape that are told to the model.
_COMPLAINTS_TOLD = 20
Mode = Literal["json_schema", "tools", "json"]
Create = Callable[..., Awaitable[Any]]

_MODES = {
    "json_schema": instructor.Mode.JSON_SCHEMA,
    "tools": instructor.Mode.TOOLS,
    "json": instructor.Mode.JSON,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered."""

    draft: PlanDraft | None
    """`None` if the answer has not the shape of a draft."""
    text: str
    """The answer as it came."""
    complaints: tuple[str, ...]
    """What is wrong with its shape."""
    tokens: Tokens
    failure: TreadleError | None = None
    """Why there is nothing to go on with: a refusal, a cut, something that is no answer."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be asked, for as long as its client is open."""

    wire: Wire
    name: str
    max_tokens: dict[str, int]
    """The request's bound on the answer, by the name that the provider has for it."""
    create: Create
    instructions: tuple[Message, ...]
    """What it is told before a request."""
    rounds: int
    """Times it may be asked for one plan."""

    async def ask(self, messages: Sequence[Message]) -> Answer:
        """Ask once. What came is an answer, whatever it is worth, because it is paid for.

        Raises:
            ProviderUnavailable: later it may answer.
            ProviderRefused, ContextTooLong: the request is not accepted.
        """
        seen: list[Any] = []
        hooks = Hooks()
        hooks.on("completion:response", seen.append)
        draft: PlanDraft | None = None
        complaints: tuple[str, ...] = ("The answer is no plan.",)
        try:
            draft = await self.create(
                response_model=PlanDraft,
                model=self.name,
                messages=list(messages),
                max_retries=0,
                hooks=hooks,
                **self.max_tokens,
            )
        except IncompleteOutputException:
            failure = AnswerCut(
                f"{self.name} was cut off after {self.max_tokens}.",
                solution="Raise TREADLE_PLANNER_MAX_TOKENS, or ask for less at once.",
            )
            return Answer(None, "", (), _tokens_of(seen[-1]), failure)
        except InstructorRetryException as error:
            cause = error.__cause__
            told = failure_of(cause, self.wire) if isinstance(cause, Exception) else None
            if told is not None:
                raise told from cause
            if not seen:
                raise
            complaints = tuple(_complaints(cause)) or complaints
        return self._answer(draft, seen[-1], () if draft is not None else complaints)

    def _answer(
        self, draft: PlanDraft | None, completion: Any, complaints: tuple[str, ...]
    ) -> Answer:
        tokens = _tokens_of(completion)
        try:
            return Answer(draft, self._text_of(completion), complaints, tokens)
        except TreadleError as failure:
            return Answer(None, "", (), tokens, failure)

    def _text_of(self, completion: Any) -> str:
        """Return what an answer says, whichever way the provider carries it.

        Raises:
            ModelRefused: the model declined.
            AnswerMalformed: it is no answer.
        """
        carried = "content" if self.wire == "anthropic" else "choices"
        if getattr(completion, carried, None) is None:
            raise AnswerMalformed(f"What came for {self.name} is no answer of a model.")
        if self.wire == "anthropic":
            if completion.stop_reason == "refusal":
                raise ModelRefused(f"{self.name} declined to answer.")
            return "".join(_block_text(block) for block in completion.content)
        message = completion.choices[0].message
        if message.refusal:
            raise ModelRefused(f"{self.name} declined: {message.refusal}")
        calls = message.tool_calls or ()
        return "".join(call.function.arguments for call in calls) or message.content or ""


@asynccontextmanager
async def opened(settings: Settings, choice: Choice) -> AsyncIterator[Model]:
    """Open a client for the chosen model, and close it with the block.

    Raises:
        ProviderKeyMissing: `provider_key_missing`.
        LocalModelMissing: `local_model_missing`.
    """
    if choice.provider == "local":
        settings = await _to_loopback(settings, choice)
    timeout = timedelta(seconds=settings.planner_timeout_seconds)
    most, rounds = settings.planner_max_tokens, settings.planner_rounds
    told: tuple[Message, ...] = ({"role": "system", "content": system_prompt()},)
    await load("anthropic" if choice.provider == "anthropic" else "openai")
    if choice.provider == "anthropic":
        async with anthropic_client(settings, timeout) as claude:
            mode = _MODES[_mode(settings, "tools")]
            create = instructor.from_anthropic(claude, mode=mode).create_fn
            yield Model("anthropic", choice.model, {"max_tokens": most}, create, told, rounds)
        return
    async with openai_client(settings, timeout) as client:
        asked, mode_name = client.chat.completions.create, _mode(settings, "json_schema")
        held = _strict(asked, mode_name)
        if choice == SMALL:  # its answers do not get better by telling it what is wrong
            told, rounds, held = tuple(small.instructions()), 1, _narrowed(asked)
        own = settings.openai_base_url is None
        limit = "max_completion_tokens" if own else "max_tokens"  # what compatible services know
        create = instructor.patch(create=held, mode=_MODES[mode_name])
        yield Model("openai", choice.model, {limit: most}, create, told, rounds)


async def _to_loopback(settings: Settings, choice: Choice) -> Settings:
    """Return settings that lead to a model in this process, which is loaded if it is not yet."""
    address = await asyncio.to_thread(local.address_of, choice.model)
    return settings.model_copy(
        update={
            "openai_base_url": f"{address}/v1",
            "openai_api_key": None,
            "planner_mode": "json_schema",
        }
    )


def _mode(settings: Settings, best: Mode) -> Mode:
    return best if settings.planner_mode == "auto" else settings.planner_mode


def _strict(create: Create, mode: Mode) -> Create:
    """Ask for the schema to be kept to the letter, which instructor leaves open."""

    async def strictly(**request: Any) -> Any:
        if mode == "json_schema":
            request["response_format"]["json_schema"]["strict"] = True
        elif mode == "tools":
            request["tools"][0]["function"]["strict"] = True
        return await create(**request)

    return strictly


def _narrowed(create: Create) -> Create:
    """Ask for the narrower schema that a small model is held to."""

    async def narrowly(**request: Any) -> Any:
        request["response_format"]["json_schema"]["schema"] = small.schema()
        return await create(temperature=0, **request)

    return narrowly


def _complaints(error: object) -> list[str]:
    if not isinstance(error, ValidationError):
        return []
    told = error.errors(include_url=False, include_input=False)
    return [
        f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}"
        for each in told[:_COMPLAINTS_TOLD]
    ]


def _block_text(block: Any) -> str:
    if block.type == "tool_use":
        return dumps(block.input).decode()
    return str(block.text) if block.type == "text" else ""


def _tokens_of(completion: Any) -> Tokens:
    usage = getattr(completion, "usage", None)
    if usage is None:
        return Tokens()
    if hasattr(usage, "prompt_tokens"):
        return Tokens(usage.prompt_tokens, usage.completion_tokens)
    return Tokens(usage.input_tokens, usage.output_tokens)
