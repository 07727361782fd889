"""AI agents: one call of a model, its answer as text or as an object that a schema describes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any

from pydantic import Field

from treadle.dag.fields import Address, Fixed, SecretCapable
from treadle.dag.problems import Problem
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import Config, Lane, NodeSpec


class ModelCall(Configuration):
    """A request to a model, and how its answer is read."""

    user_prompt: Annotated[str, Field(min_length=1)]
    """The user message."""
    system_prompt: str = ""
    """The system message."""
    max_tokens: int = Field(default=8_192, ge=1, le=1_000_000)
    """Tokens of the answer at most; a longer one fails the call."""
    output_schema: Annotated[dict[str, Any] | None, Fixed()] = None
    """JSON Schema of an object that the answer must match. Without one the answer is text."""
    max_repairs: int = Field(default=2, ge=0, le=5)
    """Times an answer that does not match `output_schema` is sent back with its problems."""
    credential: Annotated[str | None, SecretCapable()] = None
    """The key, as `{{ secrets.NAME }}`; by default the one that the operator has set."""
    base_url: Annotated[str, Address(), Field(min_length=1, max_length=2_048)] | None = None
    """A service with the provider's API; needs its own `credential`."""


class OpenAIChat(ModelCall):
    """One call of a model of OpenAI, or of a service with its API."""

    model: Annotated[str, Field(min_length=1, max_length=200)] = "gpt-5.5"
    """The model, as the provider names it."""
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None
    """Sampling temperature; not every model takes one. Default: the model's own."""


class ClaudeMessage(ModelCall):
    """One call of a model of Anthropic."""

    model: Annotated[str, Field(min_length=1, max_length=200)] = "claude-sonnet-5-5"
    """The model, as the provider names it."""
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    """Sampling temperature; not every model takes one. Default: the model's own."""


def _problems(config: Config) -> Iterator[Problem]:
    if config.get("base_url") is not None and config.get("credential") is None:
        message = "The operator's key is not sent to an address that a workflow sets."
        yield Problem("credential", "missing", message, "Add a `credential` for that service.")
    schema = config.get("output_schema")
    if isinstance(schema, dict):
        # It takes a tenth of a second to load, and few workflows need it.
        for problem in import_module("treadle.dag.output_schema").schema_problems(schema):
            yield problem.under("output_schema")


_PUTS_OUT = "result: {text}, or {data} with an `output_schema`"

OPENAI_CHATGPT = NodeSpec(
    "AI_AGENT",
    "OPENAI_CHATGPT",
    "Asks a model of OpenAI, or of a service with its API, once.",
    OpenAIChat,
    Lane.ASYNC,
    check=_problems,
    asks_models=True,
    puts_out=_PUTS_OUT,
    example={
        "model": "gpt-5.5",
        "system_prompt": "You sort support tickets.",
        "user_prompt": "How urgent is this?\n\n{{ input.ticket }}",
        "output_schema": {
            "type": "object",
            "properties": {"urgency": {"enum": ["low", "normal", "high"]}},
            "required": ["urgency"],
            "additionalProperties": False,
        },
    },
)

ANTHROPIC_CLAUDE = NodeSpec(
    "AI_AGENT",
    "ANTHROPIC_CLAUDE",
    "Asks a model of Anthropic once.",
    ClaudeMessage,
    Lane.ASYNC,
    check=_problems,
    asks_models=True,
    puts_out=_PUTS_OUT,
    example={
        "model": "claude-sonnet-5-5",
        "user_prompt": "Summarize in three sentences:\n\n{{ input.body }}",
        "max_tokens": 1_000,
    },
)
