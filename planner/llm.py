"""Asking a model for a draft: one completion, constrained by instructor to the draft's schema."""

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
from treadle.core.traces import traces_of
from treadle.dag.values import dumps
from treadle.planner import local, small
from treadle.planner.catalogue import offers_to, system_prompt
from treadle.planner.drafts import Message, PlanDraft
from treadle.planner.model_choice import SMALL, ModelChoice
from treadle.workers.secrets import operator_keys

# It logs each failed call as an error, which the caller reports anyway.
logging.getLogger("instructor").setLevel(logging.CRITICAL)

#: Schema problems of an answer that are sent back to the model.
_PROBLEMS_REPORTED = 20
Mode = Literal["json_schema", "tools", "json"]
CreateCompletion = Callable[..., Awaitable[Any]]

_MODES = {
    "json_schema": instructor.Mode.JSON_SCHEMA,
    "tools": instructor.Mode.TOOLS,
    "json": instructor.Mode.JSON,
}


@dataclass(frozen=True, slots=True)
class DraftReply:
    """A model's reply, read as a draft."""

    draft: PlanDraft | None
    """`None` if the reply does not have the shape of a draft."""
    text: str
    """The reply as received."""
    problems: tuple[str, ...]
    """What is wrong with its shape."""
    tokens: Tokens
    failure: TreadleError | None = None
    """Why there is no usable reply: a refusal, a truncation, a malformed response."""


@dataclass(frozen=True, slots=True)
class ModelClient:
    """A client for one model, usable for as long as its connection is open."""

    wire: Wire
    name: str
    max_tokens: dict[str, int]
    """The request's limit on the reply, under the provider's name for it."""
    create: CreateCompletion
    instructions: tuple[Message, ...]
    """The messages that precede a request."""
    rounds: int
    """Completions it may be asked for in one plan."""
    clean: Callable[[str], str]
    """Takes the operator's keys out of a text."""

    async def complete(self, messages: Sequence[Message]) -> DraftReply:
        """Request one completion. An unusable one is returned too, because it was paid for.

        Raises:
            ProviderUnavailable: a later attempt may succeed.
            ProviderRefused, ContextTooLong: the request was not accepted.
        """
        completions: list[Any] = []
        hooks = Hooks()
        hooks.on("completion:response", completions.append)
        draft: PlanDraft | None = None
        problems: tuple[str, ...] = ("The answer is not a plan.",)
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
            return DraftReply(None, "", (), _tokens_of(completions[-1]), failure)
        except InstructorRetryException as error:
            cause = error.__cause__
            failed = (
                failure_of(cause, self.wire, self.clean) if isinstance(cause, Exception) else None
            )
            if failed is not None:
                raise failed from cause
            if not completions:
                kind = type(cause or error).__name__
                raise AnswerMalformed(
                    f"The answer for {self.name} cannot be read: {kind}."
                ) from error
            problems = tuple(_schema_problems(cause)) or problems
        return self._reply(draft, completions[-1], () if draft is not None else problems)

    def _reply(
        self, draft: PlanDraft | None, completion: Any, problems: tuple[str, ...]
    ) -> DraftReply:
        tokens = _tokens_of(completion)
        try:
            return DraftReply(draft, self._text_of(completion), problems, tokens)
        except TreadleError as failure:
            return DraftReply(None, "", (), tokens, failure)

    def _text_of(self, completion: Any) -> str:
        """Return the text of a completion, from text blocks or tool calls.

        Raises:
            ModelRefused: the model declined.
            AnswerMalformed: it has no content.
        """
        if self.wire == "anthropic":
            blocks = getattr(completion, "content", None)
            if not isinstance(blocks, list):
                raise AnswerMalformed(f"The response for {self.name} is not a completion.")
            if getattr(completion, "stop_reason", None) == "refusal":
                raise ModelRefused(f"{self.name} declined to answer.")
            return "".join(_block_text(block) for block in blocks)
        choices = getattr(completion, "choices", None)
        message = getattr(choices[0], "message", None) if choices else None
        if message is None:
            raise AnswerMalformed(f"The response for {self.name} is not a completion.")
        if refusal := getattr(message, "refusal", None):
            raise ModelRefused(f"{self.name} declined: {refusal}")
        calls = getattr(message, "tool_calls", None) or ()
        said = "".join(str(getattr(each.function, "arguments", "")) for each in calls)
        return said or getattr(message, "content", None) or ""


@asynccontextmanager
async def open_client(
    settings: Settings, choice: ModelChoice, owner: str
) -> AsyncIterator[ModelClient]:
    """Open a client for the chosen model; it is closed at the end of the `with` block.

    Args:
        settings: where it is, and with which key.
        choice: the model.
        owner: whose plans it makes: it is given the names of the secrets that they may use.

    Raises:
        ProviderKeyMissing: `provider_key_missing`.
        LocalModelMissing: `local_model_missing`.
    """
    if choice.provider == "local":
        settings = await _to_loopback(settings, choice)
    timeout = timedelta(seconds=settings.planner_timeout_seconds)
    clean = traces_of(operator_keys(settings)).masked
    max_tokens, rounds = settings.planner_max_tokens, settings.planner_rounds
    system = system_prompt() + offers_to(owner, settings)
    instructions: tuple[Message, ...] = ({"role": "system", "content": system},)
    await load("anthropic" if choice.provider == "anthropic" else "openai")
    if choice.provider == "anthropic":
        async with anthropic_client(settings, timeout) as claude:
            mode = _MODES[_mode(settings, "tools")]
            create = instructor.from_anthropic(claude, mode=mode).create_fn
            limits = {"max_tokens": max_tokens}
            yield ModelClient(
                "anthropic", choice.model, limits, create, instructions, rounds, clean
            )
        return
    async with openai_client(settings, timeout) as client:
        create_raw, mode_name = client.chat.completions.create, _mode(settings, "json_schema")
        if choice == SMALL:  # its replies do not improve when it is told what is wrong
            instructions, rounds = tuple(small.instructions()), 1
            constrained = _with_narrow_schema(create_raw)
        else:
            constrained = _with_strict_schema(create_raw, mode_name)
        is_openai = settings.openai_base_url is None
        # Compatible services know the older name only.
        limits = {"max_completion_tokens" if is_openai else "max_tokens": max_tokens}
        create = instructor.patch(create=constrained, mode=_MODES[mode_name])
        yield ModelClient("openai", choice.model, limits, create, instructions, rounds, clean)


async def _to_loopback(settings: Settings, choice: ModelChoice) -> Settings:
    """Return settings that point to a model in this process, loading it if necessary."""
    address = await asyncio.to_thread(local.address_of, choice.model)
    return settings.model_copy(
        update={
            "openai_base_url": f"{address}/v1",
            "openai_api_key": None,
            "planner_mode": "json_schema",
        }
    )


def _mode(settings: Settings, default: Mode) -> Mode:
    return default if settings.planner_mode == "auto" else settings.planner_mode


def _with_strict_schema(create: CreateCompletion, mode: Mode) -> CreateCompletion:
    """Request strict adherence to the schema, which instructor does not do by itself."""

    async def create_strict(**request: Any) -> Any:
        if mode == "json_schema":
            request["response_format"]["json_schema"]["strict"] = True
        elif mode == "tools":
            request["tools"][0]["function"]["strict"] = True
        return await create(**request)

    return create_strict


def _with_narrow_schema(create: CreateCompletion) -> CreateCompletion:
    """Request the narrower schema for a small model."""

    async def create_narrow(**request: Any) -> Any:
        request["response_format"]["json_schema"]["schema"] = small.schema()
        return await create(temperature=0, **request)

    return create_narrow


def _schema_problems(error: object) -> list[str]:
    if not isinstance(error, ValidationError):
        return []
    details = error.errors(include_url=False, include_input=False)
    return [
        f"{'.'.join(map(str, each['loc'])) or 'the answer'}: {each['msg']}"
        for each in details[:_PROBLEMS_REPORTED]
    ]


def _block_text(block: Any) -> str:
    kind = getattr(block, "type", None)
    if kind == "tool_use":
        return dumps(getattr(block, "input", None)).decode()
    return str(getattr(block, "text", "")) if kind == "text" else ""


def _tokens_of(completion: Any) -> Tokens:
    usage = getattr(completion, "usage", None)
    openai = hasattr(usage, "prompt_tokens") or hasattr(usage, "completion_tokens")
    names = ("prompt_tokens", "completion_tokens") if openai else ("input_tokens", "output_tokens")
    read, written = (getattr(usage, name, None) for name in names)
    return Tokens.counted(read, written)
