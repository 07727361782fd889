"""A suspect of any type but tasks, alone in a child: a worker of one claim that settles nothing.

The child reads the ledger itself, so whatever makes the attempt deadly, down to the size of what
arrived, is there and not in its parent (rule 8). No user code runs in it, and it serves one call
only, so it may know what a child of tasks must not: both sides are ours, and pickle serves.
"""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import fields
from importlib import import_module

from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.postgres import open_pool
from treadle.core.settings import Settings, secrets_given
from treadle.dag.graph import compile_graph
from treadle.ledger.engine.leases import Claim
from treadle.ledger.engine.settle_rows import leaves_by_error, settlement_of
from treadle.workers.attempts.executor import AttemptResult, Executor
from treadle.workers.attempts.records import Records
from treadle.workers.lanes.child_pool import Child, Watch, environment, nothing_said
from treadle.workers.lanes.child_process import Say, serve
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.nodes.implementation import module_of
from treadle.workers.secrets import Secrets


def run_isolated(claim: Claim, settings: Settings, *, watch: Watch) -> AttemptResult:
    """Run a claim in a child of its own.

    Raises:
        ChildDied: the child ended without an answer.
    """
    known = {each.name: getattr(claim, each.name) for each in fields(claim)}
    del known["graph"]
    child = Child("treadle.workers.lanes.isolated_attempt", environment())
    try:
        module = module_of(claim.node.spec)
        call = pickle.dumps((settings, module, claim.graph.workflow, known))
        ran: AttemptResult = pickle.loads(child.ask(call, watch=watch, take=nothing_said))  # noqa: S301 - see above
    finally:
        child.end()
    return ran


def _run(frame: bytes, _: Say) -> bytes:
    settings, module, workflow, known = pickle.loads(frame)  # noqa: S301 - see above
    import_module(module)
    claim = Claim(graph=compile_graph(workflow), **known)
    with open_pool(settings.database_url, max_size=1, autocommit=True) as pool:
        dialer = Dialer(AddressPolicy(settings.allowed_private_addresses))
        secrets = Secrets(secrets_given(), settings.offered_secrets)
        executor = Executor(Records(pool), dialer, secrets, settings, TaskLogs(()))
        prepared = executor.prepare(claim)
        if not isinstance(prepared, AttemptResult):
            prepared = asyncio.run(executor.run_async(claim, prepared))
    return pickle.dumps(_storable(claim, prepared))


def _storable(claim: Claim, ran: AttemptResult) -> AttemptResult:
    """Return what the parent settles: what cannot be stored ends here, however large it is."""
    outcome = settlement_of(claim, ran.outcome, arrived=ran.arrived).outcome
    is_told = outcome is ran.outcome and leaves_by_error(claim)
    return AttemptResult(outcome, ran.arrived if is_told else None)


if __name__ == "__main__":
    serve(_run)
