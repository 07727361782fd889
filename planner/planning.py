"""Planning: a prompt becomes a workflow that passes validation, or an error that says why not.

ask       a draft; one that only has a plan's shape is asked for once more
check     the workflow it describes, by the validation that submissions pass
repair    all problems go back to the model, for a bounded number of rounds
fix       what is left is mended by rule, and told with the plan
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeAlias

from treadle.core.errors import TreadleError
from treadle.core.providers import Tokens, cost_usd
from treadle.core.settings import Settings
from treadle.dag.problems import Problem
from treadle.dag.validation import validate
from treadle.dag.values import Value
from treadle.monitoring import models
from treadle.monitoring.metrics import PLAN_REPAIRS
from treadle.planner.building import Document, document_of
from treadle.planner.catalogue import repair_prompt
from treadle.planner.drafts import Message, PlanDraft, gave_up
from treadle.planner.llm import Answer, Model, opened
from treadle.planner.model_choice import Choice, chosen
from treadle.planner.placeholders import Fix, Placeholder, declared, settle, unmake_addresses
from treadle.planner.repair_rules import fix

#: Steps of a draft that a stage names: an event is read by everybody who follows.
_STEPS_TOLD = 100

Report: TypeAlias = Callable[[Value], Awaitable[None]]
"""Told each stage as it begins: `{stage, …}`."""


class NotPlannable(TreadleError):
    """The model says that the request cannot be done with the node types there are."""

    reason: ClassVar[str] = "not_plannable"
    solution: ClassVar[str] = "Ask for what the node types can do; `treadle schema` lists them."


class PlanGivenUp(TreadleError):
    """The model answered twice with something that only has the shape of a plan."""

    reason: ClassVar[str] = "plan_given_up"
    solution: ClassVar[str] = "Say more of what is to be done, or use another model."


class PlanInvalid(TreadleError):
    """Neither the model nor the rules could mend the plan."""

    reason: ClassVar[str] = "plan_invalid"
    solution: ClassVar[str] = (
        "Say the request in other words, in smaller parts, or use another model."
    )


@dataclass(slots=True)
class Planning:
    """One plan on its way."""

    prompt: str
    choice: Choice
    model: Model
    report: Report
    tokens: Tokens = field(default_factory=Tokens)
    asked: int = 0
    repaired: list[Problem] = field(default_factory=list)

    async def drafted(self) -> PlanDraft:
        """Return the last draft: one without problems, or what the rounds have come to."""
        messages: list[Message] = [
            *self.model.instructions,
            {"role": "user", "content": self.prompt},
        ]
        asked = len(messages)
        best: PlanDraft | None = None
        resampled = False
        told: list[Problem] = []
        while self.asked < self.model.rounds + resampled:
            answer = await self._ask(messages)
            if answer.draft is not None and gave_up(answer.draft):
                if resampled:
                    break
                resampled = True
                continue
            best = answer.draft or best
            problems = await self._problems(answer)
            self.repaired += _gone(told, problems)
            if not problems:
                break
            told = problems
            messages[asked:] = _repair(answer, problems)
        if best is None:
            raise PlanGivenUp(f"{self.model.name} gave no plan in {self.asked} answers.")
        if best.cannot.strip():
            raise NotPlannable(best.cannot.strip())
        return best

    async def _ask(self, messages: Sequence[Message]) -> Answer:
        self.asked += 1
        await self.report({"stage": "asking", "round": self.asked, "model": self.model.name})
        with models.calling("plan", self.choice.provider):
            answer = await self.model.ask(messages)
        self.tokens += answer.tokens
        models.spent(
            "plan",
            self.choice.provider,
            tokens_in=answer.tokens.input,
            tokens_out=answer.tokens.output,
            cost_usd=_cost_usd(self.choice, answer.tokens),
        )
        if answer.failure is not None:
            raise answer.failure
        return answer

    async def _problems(self, answer: Answer) -> list[Problem]:
        """Return what is wrong with an answer: its shape, or the workflow that it describes."""
        if answer.draft is None:
            return [Problem("", "answer_malformed", each, "") for each in answer.complaints]
        if answer.draft.cannot.strip():
            return []
        steps = [step.id[:64] for step in answer.draft.steps[:_STEPS_TOLD]]
        await self.report({"stage": "checking", "title": answer.draft.title[:200], "steps": steps})
        return list(validate(document_of(answer.draft)).problems)


async def plan(prompt: str, settings: Settings, report: Report) -> dict[str, Value]:
    """Plan a workflow.

    Returns:
        `{title, rationale, assumptions, placeholders, workflow, problems_repaired, fixes,
        warnings, model, rounds, tokens{input, output}, cost_usd, seconds}`; the workflow passes
        validation. `cost_usd` is null if the model's price is unknown.

    Raises:
        TreadleError: as the classes above and those of `planner.llm`, `planner.model_choice` and
            `core.providers` say.
    """
    with models.planning():
        made = await _plan(prompt, settings, report)
    PLAN_REPAIRS.labels("model").inc(len(made["problems_repaired"]))
    PLAN_REPAIRS.labels("rule").inc(len(made["fixes"]))
    return made


async def _plan(prompt: str, settings: Settings, report: Report) -> dict[str, Any]:
    begun = time.monotonic()
    choice = chosen(settings)
    async with opened(settings, choice) as model:
        planning = Planning(prompt, choice, model, report)
        try:
            draft = await planning.drafted()
            await report({"stage": "fixing", "title": draft.title[:200]})
            document, placeholders, fixes, warnings = _finished(draft, prompt)
        except TreadleError as error:
            error.context["tokens"] = asdict(planning.tokens)  # what was paid for nothing
            raise
    made = {
        "title": draft.title.strip(),
        "rationale": draft.rationale,
        "assumptions": list(draft.assumptions),
        "placeholders": [each.to_wire() for each in placeholders],
        "workflow": document,
        "problems_repaired": [asdict(each) for each in planning.repaired],
        "fixes": [asdict(each) for each in fixes],
        "warnings": [asdict(each) for each in warnings],
    }
    return made | _spent(planning, choice, time.monotonic() - begun)


def _finished(
    draft: PlanDraft, prompt: str
) -> tuple[Document, list[Placeholder], list[Fix], Sequence[Problem]]:
    """Mend a draft's workflow by rule.

    Raises:
        PlanInvalid: `plan_invalid`, with the problems that are left.
    """
    document, placeholders = document_of(draft), declared(draft)
    fixes = list(unmake_addresses(document, prompt, placeholders))
    validation, mended = fix(document, placeholders)
    fixes += mended
    if validation.workflow is None:
        raise PlanInvalid(
            f"{len(validation.problems)} problems are left in the plan.",
            problems=[asdict(each) for each in validation.problems],
        )
    fixes += settle(document, placeholders)
    return document, list(placeholders.values()), fixes, validation.warnings


def _spent(planning: Planning, choice: Choice, seconds: float) -> dict[str, Value]:
    return {
        "model": str(choice),
        "rounds": planning.asked,
        "tokens": asdict(planning.tokens),
        "cost_usd": _cost_usd(choice, planning.tokens),
        "seconds": round(seconds, 3),
    }


def _cost_usd(choice: Choice, tokens: Tokens) -> float | None:
    if choice.provider == "local":
        return 0.0
    return cost_usd(choice.provider, choice.model, tokens)


def _repair(answer: Answer, problems: Sequence[Problem]) -> list[Message]:
    """Return the turns after the request: the answer, and everything that is wrong with it."""
    workflow = document_of(answer.draft) if answer.draft is not None else {}
    lines = [f"- {_place(each.path, workflow)}{each.message} {each.solution}" for each in problems]
    return [
        {"role": "assistant", "content": answer.text},
        {"role": "user", "content": repair_prompt() + "\n".join(lines)},
    ]


def _place(path: str, workflow: Mapping[str, Any]) -> str:
    """Say a path of the workflow in the words of a draft."""
    part, _, rest = path.partition("[")
    index, _, inner = rest.partition("]")
    if part not in ("nodes", "connections") or not index.isdigit():
        return f"{path}: " if path else ""
    each = workflow[part][int(index)]
    inner = inner.removeprefix(".").removeprefix("configurations.")
    inner = f", {inner}" if inner else ""
    if part == "nodes":
        return f"step {each['id']}{inner}: "
    return f"connection {each['from_node']} → {each['to_node']}{inner}: "


def _gone(before: Sequence[Problem], now: Sequence[Problem]) -> list[Problem]:
    """Return the problems that are no more; where in the plan they were may have moved."""
    left = {(each.reason, each.message) for each in now}
    return [each for each in before if (each.reason, each.message) not in left]
