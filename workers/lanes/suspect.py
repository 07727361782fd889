"""A suspect of any type but tasks, alone in a child: a worker of one claim that settles nothing.

The child reads the ledger itself, so whatever makes the attempt deadly, down to the size of what
arrived, is there and not in its parent (rule 8). No user code runs in it, and it serves one call
only, so it may be told what a child of tasks must not know: both sides are ours, and pickle serves.
"""

from __future__ import annotations

import asyncio
import pickle
from dataclasses import fields

from core.dialer import AddressPolicy, Dialer
from core.postgres import open_pool
from core.settings import Settings, secrets_given
from dag.graph import compile_graph
from ledger.rows import Claim
from ledger.written import leaves_by_error, settlement_of
from workers.executor import Executor, Ran
from workers.lanes.child import serve
from workers.lanes.children import Child, Watch, environment
from workers.records import Records
from workers.secrets import Secrets


def run_alone(claim: Claim, settings: Settings, *, watch: Watch) -> Ran:
    """Run a claim in a child of its own.

    Raises:
        ChildDied: the child ended without an answer.
    """
    known = {each.name: getattr(claim, each.name) for each in fields(claim)}
    del known["graph"]
    child = Child("workers.lanes.suspect", environment())
    try:
        call = pickle.dumps((settings, claim.graph.workflow, known))
        ran: Ran = pickle.loads(child.ask(call, watch=watch))  # noqa: S301 - see above
    finally:
        child.end()
    return ran


def _run(frame: bytes) -> bytes:
    settings, workflow, known = pickle.loads(frame)  # noqa: S301 - see above
    claim = Claim(graph=compile_graph(workflow), **known)
    with open_pool(settings.database_url, max_size=1, autocommit=True) as pool:
        dialer = Dialer(AddressPolicy(settings.allowed_private_addresses))
        executor = Executor(Records(pool), dialer, Secrets(secrets_given()), settings)
        prepared = executor.prepare(claim)
        if not isinstance(prepared, Ran):
            prepared = asyncio.run(executor.run_async(claim, prepared))
    return pickle.dumps(_storable(claim, prepared))


def _storable(claim: Claim, ran: Ran) -> Ran:
    """Return what the parent settles: what cannot be stored ends here, however large it is."""
    outcome = settlement_of(claim, ran.outcome, arrived=ran.arrived).outcome
    is_told = outcome is ran.outcome and leaves_by_error(claim)
    return Ran(outcome, ran.arrived if is_told else None)


if __name__ == "__main__":
    serve(_run)
