"""Planning: turns a prompt into a workflow that passes validation, or an error that says why not.

ask       for a draft; an empty one is requested once more
check     the workflow it describes, with the validation that submissions pass
repair    all problems go back to the model, for a bounded number of rounds
fix       what is left is fixed by rule, and listed in the plan
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, TypeAlias

import structlog

from treadle.core.errors import TreadleError
from treadle.core.provider_errors import AnswerMalformed
from treadle.core.providers import Tokens, cost_usd
from treadle.core.settings import Settings
from treadle.dag.problems import Problem
from treadle.dag.values import Value
from treadle.monitoring import models
from treadle.monitoring.metrics import PLAN_REPAIRS
from treadle.planner.addresses import guard_addresses, named_in, unmake_addresses
from treadle.planner.building import Document, document_of
from treadle.planner.catalogue import repair_prompt
from treadle.planner.drafts import Message, PlanDraft, gave_up, oversize_of
from treadle.planner.llm import DraftReply, ModelClient, open_client
from treadle.planner.model_choice import ModelChoice, choose_model
from treadle.planner.placeholders import Fix, Placeholder, declared, settle
from treadle.planner.repair_rules import fix
from treadle.planner.rights import PlanInvalid, Rights

_log = structlog.get_logger()

#: Steps of a draft that a stage's event names, at most.
_STEPS_REPORTED = 100

Report: TypeAlias = Callable[[Value], Awaitable[None]]
"""Called with each stage as it begins: `{stage, …}`."""


class NotPlannable(TreadleError):
    """The model says that the request cannot be done with the available node types."""

    reason: ClassVar[str] = "not_plannable"
    solution: ClassVar[str] = "Ask for what the node types can do; `treadle schema` lists them."


class PlanGivenUp(TreadleError):
    """The model answered twice with an empty plan."""

    reason: ClassVar[str] = "plan_given_up"
    solution: ClassVar[str] = "Describe in more detail what is to be done, or use another model."


@dataclass(slots=True)
class Planning:
    """One plan in progress."""

    prompt: str
    rights: Rights
    choice: ModelChoice
    client: ModelClient
    report: Report
    tokens: Tokens = field(default_factory=Tokens)
    rounds: int = 0
    repaired: list[Problem] = field(default_factory=list)

    async def draft(self) -> PlanDraft:
        """Return a draft without problems, or the last one when the rounds are used up."""
        messages: list[Message] = [
            *self.client.instructions,
            {"role": "user", "content": self.prompt},
        ]
        request_length = len(messages)
        best: PlanDraft | None = None
        resampled = False
        reported: list[Problem] = []
        while self.rounds < self.client.rounds + resampled:
            reply = await self._complete(messages)
            if reply.draft is not None and gave_up(reply.draft):
                if resampled:
                    break
                resampled = True
                continue
            problems = oversize_of(reply.draft, reply.text) if reply.draft is not None else []
            if not problems:
                best = reply.draft or best
                problems = await self._problems(reply)
            self.repaired += _resolved(reported, problems)
            if not problems:
                break
            reported = problems
            messages[request_length:] = _repair_messages(reply, problems)
        if best is None and reported:
            raise PlanInvalid(
                f"{self.client.name} gave no plan that can be read: {reported[0].message}",
                problems=[asdict(each) for each in reported],
            )
        if best is None:
            raise PlanGivenUp(f"{self.client.name} gave no plan in {self.rounds} answers.")
        if best.cannot.strip():
            raise NotPlannable(best.cannot.strip())
        return best

    async def _complete(self, messages: Sequence[Message]) -> DraftReply:
        self.rounds += 1
        await self.report({"stage": "asking", "round": self.rounds, "model": self.client.name})
        with models.calling("plan", self.choice.provider):
            reply = await self.client.complete(messages)
        self.tokens += reply.tokens
        models.spent(
            "plan",
            self.choice.provider,
            tokens_in=reply.tokens.input,
            tokens_out=reply.tokens.output,
            cost_usd=_cost_usd(self.choice, reply.tokens),
        )
        if reply.failure is not None:
            raise reply.failure
        return reply

    async def _problems(self, reply: DraftReply) -> list[Problem]:
        """Return what is wrong with a reply: its shape, or the workflow that it describes."""
        if reply.draft is None:
            return [Problem("", "answer_malformed", each, "") for each in reply.problems]
        if reply.draft.cannot.strip():
            return []
        steps = [step.id[:64] for step in reply.draft.steps[:_STEPS_REPORTED]]
        await self.report({"stage": "checking", "title": reply.draft.title[:200], "steps": steps})
        # In a thread: it takes as long as the model made it take, and other plans are made here.
        found = await asyncio.to_thread(self.rights.check, document_of(reply.draft))
        return list(found.problems)


async def plan(prompt: str, owner: str, settings: Settings, report: Report) -> dict[str, Value]:
    """Plan a workflow for an owner.

    Returns:
        `{title, rationale, assumptions, placeholders, workflow, problems_repaired, fixes,
        warnings, model, rounds, tokens{input, output}, cost_usd, seconds}`; the workflow passes
        validation. `cost_usd` is null if the model's price is unknown.

    Raises:
        TreadleError: the classes above and those of `planner.llm`, `planner.model_choice` and
            `core.providers`.
    """
    with models.planning():
        result = await _plan(prompt, owner, settings, report)
    PLAN_REPAIRS.labels("model").inc(len(result["problems_repaired"]))
    PLAN_REPAIRS.labels("rule").inc(len(result["fixes"]))
    return result


async def _plan(prompt: str, owner: str, settings: Settings, report: Report) -> dict[str, Any]:
    begun = time.monotonic()
    choice, rights = choose_model(settings), Rights(owner, prompt, settings)
    async with open_client(settings, choice, owner) as client:
        planning = Planning(prompt, rights, choice, client, report)
        try:
            draft = await planning.draft()
            await report({"stage": "fixing", "title": draft.title[:200]})
            finished = await asyncio.to_thread(_finished, draft, prompt, rights)
            document, placeholders, fixes, warnings = finished
        except TreadleError as error:
            error.context["tokens"] = asdict(planning.tokens)  # spent without a result
            raise
        except Exception as error:
            if planning.tokens == Tokens():  # nothing was answered, so it may be asked again
                raise
            _log.error("plan.crashed", exc_info=error)
            kind = type(error).__name__
            raise AnswerMalformed(
                f"The plan of {client.name} cannot be read: {kind}.",
                solution="Report this, with the planner's log; or ask in other words.",
                tokens=asdict(planning.tokens),
            ) from error
    result = {
        "title": draft.title.strip(),
        "rationale": draft.rationale,
        "assumptions": list(draft.assumptions),
        "placeholders": [each.to_wire() for each in placeholders],
        "workflow": document,
        "problems_repaired": [asdict(each) for each in planning.repaired],
        "fixes": [asdict(each) for each in fixes],
        "warnings": [asdict(each) for each in warnings],
    }
    return result | _spent(planning, choice, time.monotonic() - begun)


def _finished(
    draft: PlanDraft, prompt: str, rights: Rights
) -> tuple[Document, list[Placeholder], list[Fix], Sequence[Problem]]:
    """Fix a draft's workflow by rule.

    Raises:
        PlanInvalid: `plan_invalid`, with the problems that are left.
    """
    document, placeholders, named = document_of(draft), declared(draft), named_in(prompt)
    fixes = list(unmake_addresses(document, named, placeholders))
    validation, repairs = fix(document, placeholders, rights.check)
    fixes += repairs
    fixes += guard_addresses(document, named, placeholders)
    if validation.workflow is None:
        raise PlanInvalid(
            f"The plan has problems that are not repaired: {len(validation.problems)}.",
            problems=[asdict(each) for each in validation.problems],
        )
    fixes += settle(document, placeholders)
    return document, list(placeholders.values()), fixes, validation.warnings


def _spent(planning: Planning, choice: ModelChoice, seconds: float) -> dict[str, Value]:
    return {
        "model": str(choice),
        "rounds": planning.rounds,
        "tokens": asdict(planning.tokens),
        "cost_usd": _cost_usd(choice, planning.tokens),
        "seconds": round(seconds, 3),
    }


def _cost_usd(choice: ModelChoice, tokens: Tokens) -> float | None:
    if choice.provider == "local":
        return 0.0
    return cost_usd(choice.provider, choice.model, tokens)


def _repair_messages(reply: DraftReply, problems: Sequence[Problem]) -> list[Message]:
    """Return the turns after the request: the reply, and everything that is wrong with it."""
    workflow = document_of(reply.draft) if reply.draft is not None else {}
    lines = [f"- {_place(each.path, workflow)}{each.message} {each.solution}" for each in problems]
    return [
        {"role": "assistant", "content": reply.text},
        {"role": "user", "content": repair_prompt() + "\n".join(lines)},
    ]


def _place(path: str, workflow: Mapping[str, Any]) -> str:
    """Describe a path of the workflow in the terms of a draft."""
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


def _resolved(before: Sequence[Problem], now: Sequence[Problem]) -> list[Problem]:
    """Return the problems that are resolved; paths are ignored, because parts may have moved."""
    left = {(each.reason, each.message) for each in now}
    return [each for each in before if (each.reason, each.message) not in left]
