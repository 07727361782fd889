"""Rights: what an owner may use in a plan, whatever the model or a text in the request proposes.

Secrets are those of any workflow of theirs (`dag.validation.offers`). Tasks and models are those
that the operator offers to the owner's plans, and else those that the request names. A request's
`Host` is the one of its address.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.core.settings import Settings
from treadle.dag.graph import CompiledNode
from treadle.dag.problems import Problem
from treadle.dag.specs.http import HTTP_REQUEST
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.dag.validation import Validation, for_owner, validate
from treadle.dag.values import Value
from treadle.planner.building import Document

#: Seconds of processor time for all validations of one plan; a usual one takes milliseconds.
_CHECKING_SECONDS = 20.0
#: A model that whoever runs the plan names.
_SUPPLIED = re.compile(r"\{\{ *trigger\.[A-Za-z_]\w* *\}\}")


class PlanInvalid(TreadleError):
    """Neither the model nor the rules could repair the plan."""

    reason: ClassVar[str] = "plan_invalid"
    solution: ClassVar[str] = (
        "Phrase the request differently or in smaller parts, or use another model."
    )


@dataclass(slots=True)
class Rights:
    """What an owner may use in one plan, and how long checking it may take."""

    owner: str
    prompt: str
    settings: Settings
    left_seconds: float = _CHECKING_SECONDS

    def check(self, document: Document) -> Validation:
        """Validate a workflow as a submission of the owner's is, and as their plans are.

        Raises:
            PlanInvalid: `plan_invalid`: the plan's workflows took too long to validate.
        """
        if self.left_seconds <= 0:
            raise PlanInvalid(f"Checking the plan took more than {_CHECKING_SECONDS:g} s.")
        begun = time.thread_time()
        found = for_owner(validate(document), self.owner, self.settings.offered_secrets)
        if found.graph is not None:
            problems = tuple(
                problem.under("nodes", index, "configurations")
                for index, node in enumerate(found.graph.nodes.values())
                for problem in self._of_node(node)
            )
            if problems:
                found = replace(found, workflow=None, graph=None, problems=problems)
        self.left_seconds -= time.thread_time() - begun
        return found

    def _of_node(self, node: CompiledNode) -> Iterator[Problem]:
        offers, written = self.settings.planner_offers, node.node.configurations
        if node.spec is PYTHON_TASK:
            task = str(written["task"])
            yield from self._refused("task", task, offers.tasks_of(self.owner))
        elif node.spec.asks_models:
            default = node.spec.complete({}).get("model")
            model = str(written.get("model", default))
            offered = offers.models_of(self.owner)
            if offered is None and (model == default or _SUPPLIED.fullmatch(model)):
                return
            yield from self._refused("model", model, offered)
        elif node.spec is HTTP_REQUEST:
            yield from _host_headers(written.get("headers"))

    def _refused(self, kind: str, name: str, offered: frozenset[str] | None) -> Iterator[Problem]:
        """Yield the problem of a name that is not offered; if nothing is, of one not asked for."""
        if offered is None and not _is_named(name, self.prompt):
            message = f"The request does not name the {kind} {name!r}."
            solution = f"Use a {kind} that the request names."
            yield Problem(kind, f"{kind}_not_offered", message, solution)
        elif offered is not None and name not in offered:
            message = f"The {kind} {name!r} is not offered to plans of {self.owner!r}."
            names = ", ".join(sorted(offered)) or "none"
            solution = f"These are: {names}. The operator says so in TREADLE_PLANNER_OFFERS."
            yield Problem(kind, f"{kind}_not_offered", message, solution)


def _host_headers(headers: Value) -> Iterator[Problem]:
    """Yield the problem of headers that name a host, or may: a shared front would send it there."""
    if isinstance(headers, str):
        message = "The headers of a plan are written out by name."
        yield Problem("headers", "header_not_allowed", message, "Write an object of headers.")
    elif isinstance(headers, dict) and any(name.strip().lower() == "host" for name in headers):
        message = "A plan sends no `Host` of its own."
        yield Problem("headers", "header_not_allowed", message, "Leave it out; `url` names it.")


def _is_named(name: str, prompt: str) -> bool:
    """Return whether a name stands in a text as a whole."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", prompt) is not None
