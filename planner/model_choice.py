"""Choosing the model that plans: by its name, or by the API key that is set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

from treadle.core.errors import TreadleError
from treadle.core.settings import ALIASES, Settings

Provider: TypeAlias = Literal["openai", "anthropic", "local"]
"""Who runs a model; `local` is a small one on loopback."""

#: The default model of each provider, used when its key or address is set and no model is named.
DEFAULTS = {"openai": "gpt-5.5", "anthropic": "claude-sonnet-5-5"}


class NoModel(TreadleError):
    """No model is named, and no key shows which provider to use."""

    reason: ClassVar[str] = "planner_not_configured"
    solution: ClassVar[str] = (
        f"Set {ALIASES['openai_api_key'][1]}, {ALIASES['anthropic_api_key'][1]} or"
        f" {ALIASES['openai_base_url'][1]} where `treadle planner` runs; or install treadle[local]"
        " and set TREADLE_PLANNER_MODEL=local/smollm2 to plan offline."
    )


class UnknownModel(TreadleError):
    """The name of the planner's model contains no known provider."""

    reason: ClassVar[str] = "planner_model_unknown"
    solution: ClassVar[str] = (
        "Set TREADLE_PLANNER_MODEL to openai/MODEL, anthropic/MODEL or local/smollm2; for a service"
        " of your own with OpenAI's API use openai/MODEL and OPENAI_BASE_URL."
    )


@dataclass(frozen=True, slots=True)
class ModelChoice:
    """A provider and its model."""

    provider: Provider
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


SMALL = ModelChoice("local", "smollm2")
"""The small model with weights from a package."""


def choose_model(settings: Settings) -> ModelChoice:
    """Return the model that plans.

    Raises:
        NoModel: `planner_not_configured`; the solution names the variables.
        UnknownModel: `planner_model_unknown`.
    """
    if settings.planner_model is None:
        if settings.openai_api_key is not None or settings.openai_base_url is not None:
            return ModelChoice("openai", DEFAULTS["openai"])
        if settings.anthropic_api_key is not None:
            return ModelChoice("anthropic", DEFAULTS["anthropic"])
        raise NoModel(
            "The planner has no model.",
            variables=[
                name
                for setting in ("openai_api_key", "openai_base_url", "anthropic_api_key")
                for name in ALIASES[setting]
            ],
        )
    named, _, model = settings.planner_model.partition("/")
    for provider in get_args(Provider):
        if provider == named and model:
            return ModelChoice(provider, model)
    raise UnknownModel(f"There is no model {settings.planner_model!r}.")
