"""The executor: a claim becomes an attempt, and an attempt an outcome.

Whatever goes wrong on the way is a value: the node's own failure, which the retry policy judges.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar

import structlog

from treadle.core.dialer import Dialer
from treadle.core.errors import TreadleError
from treadle.core.settings import Settings
from treadle.dag.expressions import Budget, OutOfTime
from treadle.dag.graph import CompiledNode
from treadle.dag.outcomes import Completed, Failed, LoopOpened, Outcome
from treadle.dag.retries import apply_retry_policy
from treadle.dag.specs import Lane
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.dag.states import LoopPhase
from treadle.dag.values import Value
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.recovery import timed_out
from treadle.monitoring.secret_refusals import REASONS, secret_refused
from treadle.workers.attempts.inputs import InputReader, overlaid
from treadle.workers.attempts.loop_results import gather, given_up
from treadle.workers.attempts.records import Records
from treadle.workers.attempts.result_pages import referred_to
from treadle.workers.interruption import AttemptOver
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.nodes.attempt import Attempt, ReportSink, discard_report
from treadle.workers.nodes.errors import causes_of
from treadle.workers.nodes.implementation import Services, implementations
from treadle.workers.nodes.loops.opening import turn_is_due
from treadle.workers.secrets import (
    Secrets,
    masked,
    masked_traceback,
    operator_keys,
    secrets_signing,
    without,
)

#: Checked configurations kept; one is a few hundred bytes.
_CONFIGURATIONS_KEPT = 20_000

_log = structlog.get_logger()


class InternalError(TreadleError):
    """An unexpected error in Treadle while a node ran."""

    reason: ClassVar[str] = "internal_error"
    retryable: ClassVar[bool] = True
    solution: ClassVar[str] = "Report this; the worker's log has the traceback."


@dataclass(frozen=True, slots=True)
class AttemptResult:
    """An outcome, and what the attempt worked on."""

    outcome: Outcome
    arrived: Value


class Executor:
    """Runs claims; safe for threads."""

    def __init__(
        self,
        records: Records,
        dialer: Dialer,
        secrets: Secrets,
        settings: Settings,
        logs: TaskLogs,
    ) -> None:
        self._records = records
        self._secrets = secrets
        self._logs = logs
        self._operator_keys = operator_keys(settings)
        self._longest_wait = timedelta(seconds=settings.retry_after_max_seconds)
        self._inputs = InputReader(records)
        self._implementations = implementations(Services(dialer, settings))
        self._configurations: dict[int, tuple[CompiledNode, Configuration]] = {}

    def run(self, claim: Claim) -> AttemptResult:
        """Run a claim to its outcome in this thread."""
        prepared = self.prepare(claim)
        if isinstance(prepared, AttemptResult):
            return prepared
        try:
            outcome = self._carry_out(claim, prepared)
            assert not isinstance(outcome, Awaitable)  # coroutines run in the async lane
        except AttemptOver:
            raise
        except BaseException as error:  # noqa: BLE001 - the edge: what a node does cannot end a worker
            outcome = self._failed(claim, error)
        return self._ended(claim, outcome, prepared.input)

    async def run_async(self, claim: Claim, attempt: Attempt) -> AttemptResult:
        """Run a prepared claim of the async lane to its outcome.

        Raises:
            asyncio.CancelledError: as its own task was cancelled, or something that it awaited.
        """
        try:
            outcome = self._carry_out(claim, attempt)
            if isinstance(outcome, Awaitable):
                outcome = await outcome
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - the edge: what a node does cannot end a worker
            outcome = self._failed(claim, error)
        return self._ended(claim, outcome, attempt.input)

    def crashed(self, claim: Claim, attempt: Attempt, error: BaseException) -> AttemptResult:
        """Return the result of an attempt that ended by an error without a meaning of its own."""
        return self._ended(claim, self._failed(claim, error), attempt.input)

    def look_ahead(self, claims: Sequence[Claim]) -> None:
        """Get ready to run several claims, one after the other."""
        if len(claims) > 1:
            self._inputs.look_ahead(claims)

    def prepare(self, claim: Claim, tell: ReportSink = discard_report) -> Attempt | AttemptResult:
        """Join the input, render the texts and check the configuration of a claim.

        Args:
            tell: where the attempt's reports go.
        """
        try:
            if claim.phase is LoopPhase.GATHER:
                return AttemptResult(
                    self.with_retry_policy(claim, gather(self._records, claim)), None
                )
            return self._attempt(claim, tell)
        except AttemptOver:
            raise
        except BaseException as error:  # noqa: BLE001 - the edge: what a node does cannot end a worker
            return self._ended(claim, self._failed(claim, error), None)

    def _ended(self, claim: Claim, outcome: Outcome, arrived: Value) -> AttemptResult:
        """Return an outcome without secrets, after the retry policy had its say."""
        if isinstance(outcome, Failed) and outcome.error["error_code"] in REASONS:
            ref, reason = claim.ref, outcome.error["error_code"]
            facts = {"execution_id": str(ref.execution_id), "node_id": ref.node}
            secret_refused("attempt", reason, **facts)
        return AttemptResult(self.with_retry_policy(claim, self._clean(claim, outcome)), arrived)

    def _clean(self, claim: Claim, outcome: Outcome) -> Outcome:
        """Return an outcome without the secrets that its node names, and the operator's keys.

        An inline node sees nothing of this process, so that its output holds no such key.
        """
        hidden = self._hidden(claim.node)
        is_inline = claim.node.lane is Lane.INLINE and isinstance(outcome, Completed)
        return (
            masked(outcome, hidden) if hidden and (claim.node.secrets or not is_inline) else outcome
        )

    def _failed(self, claim: Claim, error: BaseException) -> Failed:
        """Return what an exception of an attempt comes to."""
        if isinstance(error, OutOfTime):
            return timed_out(claim.node.timeout.total_seconds())
        if isinstance(error, TreadleError):
            return Failed(error.to_wire())
        with suppress(Exception):  # a line that cannot be written fails no attempt
            _log.error(
                "attempt.crashed",
                execution_id=str(claim.ref.execution_id),
                node_id=claim.ref.node,
                scope=claim.ref.scope,
                exception=masked_traceback(error, self._hidden(claim.node)),
            )
        kind = type(error).__name__
        return Failed(
            InternalError(f"{kind}: {error}", exception=kind, causes=causes_of(error)).to_wire()
        )

    def _hidden(self, node: CompiledNode) -> tuple[str, ...]:
        return (*self._secrets.known(node.secrets), *self._operator_keys)

    def with_retry_policy(self, claim: Claim, outcome: Outcome) -> Outcome:
        """Return an outcome after the retry policy had its say."""
        if not isinstance(outcome, Failed):
            return outcome
        with_retry_policy = apply_retry_policy(
            claim.node, claim.retry_count, outcome, longest_wait=self._longest_wait
        )
        itself = claim.node.is_loop and claim.phase is not LoopPhase.GATHER
        if itself and isinstance(with_retry_policy, Failed):
            return given_up(self._records, claim, with_retry_policy)
        return with_retry_policy

    def _attempt(self, claim: Claim, tell: ReportSink) -> Attempt:
        node, ref = claim.node, claim.ref
        deadline = time.monotonic() + node.timeout.total_seconds()
        budget = Budget(deadline=deadline)
        arrived = self._inputs.at(claim.graph, ref, chosen=claim.chosen, budget=budget)
        variables = arrived.variables
        variables["input"] = overlaid(node, arrived, budget)
        owner = partial(self._records.owner, ref.execution_id)
        if node.secrets:
            variables["secrets"] = self._secrets.of(node.secrets, owner())
        if signing := secrets_signing(node):
            self._secrets.check(signing, owner())
        return Attempt(
            execution_id=str(ref.execution_id),
            scope=ref.scope,
            node=node,
            number=claim.attempt,
            input=variables["input"],
            config=self._configuration(node, variables, budget),
            variables=variables,
            sources=arrived.sources,
            results=partial(referred_to, self._records, claim.graph, ref.execution_id),
            owner=owner,
            deadline=deadline,
            budget=budget,
            tell=_cleaning(tell, self._hidden(node)),
            log=self._logs.of(claim) if node.spec is PYTHON_TASK else None,
        )

    def _configuration(
        self, node: CompiledNode, variables: dict[str, Value], budget: Budget
    ) -> Configuration:
        """Return the node's configuration; one without templates is checked only once."""
        known = self._configurations.get(id(node))
        if known is not None and known[0] is node:
            return known[1]
        checked = node.spec.check_rendered(node.configurations.render(variables, budget))
        if node.configurations.constant:
            if len(self._configurations) >= _CONFIGURATIONS_KEPT:
                self._configurations.clear()
            self._configurations[id(node)] = (node, checked)
        return checked

    def _carry_out(self, claim: Claim, attempt: Attempt) -> Outcome | Awaitable[Outcome]:
        if claim.phase is LoopPhase.TURN:
            return self._turn(claim, attempt)
        outcome = self._implementations[claim.node.spec](attempt)
        if claim.node.is_loop and isinstance(outcome, Completed):
            return gather(self._records, claim)  # over nothing, but collected as the author chose
        return outcome

    def _turn(self, claim: Claim, attempt: Attempt) -> Outcome:
        """Check a `while` loop's condition; without one more turn, gather at once."""
        last = self._inputs.last(claim.graph, claim.ref, claim.turn)
        if turn_is_due(attempt, claim.turn, last):
            return LoopOpened()
        return gather(self._records, claim)


def _cleaning(tell: ReportSink, used: Collection[str]) -> ReportSink:
    """Return where reports go without the secrets that their attempt uses."""
    if not used or tell is discard_report:
        return tell
    return lambda data, join: tell(without(data, used), join)
