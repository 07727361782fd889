"""Choosing the model that plans: by name, or by the key that is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, TypeAlias, get_args

from treadle.core.errors import TreadleError
from treadle.core.settings import ALIASES, Settings

Provider: TypeAlias = Literal["openai", "anthropic", "local"]
"""Who runs a model; `local` is a small one on loopback."""

#: What plans where no model is named, by the provider whose key or address is set.
DEFAULTS = {"openai": "gpt-5.5", "anthropic": "claude-sonnet-5-5"}


class NoModel(TreadleError):
    """No model is named, and no key says which provider to ask."""

    reason: ClassVar[str] = "planner_not_configured"
    solution: ClassVar[str] = (
        f"Set {ALIASES['openai_api_key'][1]}, {ALIASES['anthropic_api_key'][1]} or"
        f" {ALIASES['openai_base_url'][1]} where `treadle planner` runs; or install treadle[local]"
        " and set TREADLE_PLANNER_MODEL=local/smollm2 to plan offline."
    )


class UnknownModel(TreadleError):
    """The planner's model is named in a way that says no provider."""

    reason: ClassVar[str] = "planner_model_unknown"
    solution: ClassVar[str] = (
        "Set TREADLE_PLANNER_MODEL to openai/MODEL, anthropic/MODEL or local/smollm2; a service"
        " of your own that speaks OpenAI's wire is openai/MODEL with OPENAI_BASE_URL."
    )


@dataclass(frozen=True, slots=True)
class Choice:
    """A provider and its model."""

    provider: Provider
    model: str

    def __str__(self) -> str:
        return f"{self.provider}/{self.model}"


SMALL = Choice("local", "smollm2")
"""The small model that a package brings."""


def chosen(settings: Settings) -> Choice:
    """Return the model that plans.

    Raises:
        NoModel: `planner_not_configured`; the solution names the variables.
        UnknownModel: `planner_model_unknown`.
    """
    if settings.planner_model is None:
        if settings.openai_api_key is not None or settings.openai_base_url is not None:
            return Choice("openai", DEFAULTS["openai"])
        if settings.anthropic_api_key is not None:
            return Choice("anthropic", DEFAULTS["anthropic"])
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
            return Choice(provider, model)
    raise UnknownModel(f"There is no model {settings.planner_model!r}.")
