"""A small world around the real ledger: simulated workers that run nodes and misbehave.

The nodes themselves are run by the product's executor, so what comes out is compared with the
reference; when, where, how often and in whose company they are settled is the machine's choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

import psycopg

from tests.reference.compare import differences
from tests.reference.generate import Case
from tests.support.broken_workflows import Breaking
from tests.support.ledger_driver import Hand, check, miscounted
from tests.support.wire import written
from treadle.core.dialer import AddressPolicy, Dialer
from treadle.core.errors import TreadleError
from treadle.core.postgres import open_pool
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Outcome, Released, Retrying
from treadle.dag.states import NODE_TRANSITIONS, ExecutionStatus, NodeState
from treadle.ledger.engine import control, open_counts, turns
from treadle.ledger.engine.batches import Request, commit
from treadle.ledger.engine.claims import leases
from treadle.ledger.engine.leases import Claim, Ref
from treadle.ledger.engine.locking import lock_waiting
from treadle.ledger.engine.retrying import retry
from treadle.ledger.engine.settle_rows import Settlement, settlement_of
from treadle.ledger.engine.turns import Share
from treadle.ledger.views import executions
from treadle.workers.attempts.executor import Executor
from treadle.workers.attempts.records import Records
from treadle.workers.logs.collected import TaskLogs
from treadle.workers.secrets import Secrets

#: Rounds in which every workflow that is generated ends, however slow.
MOST_ROUNDS = 400
FINAL = ("SUCCESS", "ERROR", "CANCELED", "TIMEOUT")


class Unlucky(TreadleError):
    """What an attempt fails with that may be tried again."""

    reason = "unlucky"
    retryable = True
    solution = "Try again."


def refuse_other_transitions(url: str) -> None:
    """Let the database refuse every change of a node's state that the table does not have.

    A hand-off goes through `ready` within one statement.
    """
    table = {(row.leaves, row.enters) for row in NODE_TRANSITIONS}
    table |= {(leaves, NodeState.RUNNING) for leaves, enters in table if enters == NodeState.READY}
    ways = ", ".join(f"('{leaves}', '{enters}')" for leaves, enters in table if leaves is not None)
    births = ", ".join(f"'{enters}'" for leaves, enters in table if leaves is None)
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(
            "create function keep_to_the_table() returns trigger language plpgsql as $$ begin"
            f" if tg_op = 'UPDATE' and old.state <> new.state and (old.state, new.state) not in"
            f" ({ways}) or tg_op = 'INSERT' and new.state not in ({births}) then"
            " raise exception '% may not become %', old.state, new.state; end if;"
            " return new; end $$"
        )
        session.execute(
            "create trigger keep_to_the_table before insert or update on node_executions"
            " for each row execute function keep_to_the_table()"
        )


#: Rule 8: a loss is added where a started attempt ends without an outcome, one at a time; an
#: outcome after which the node runs again forgives, and nothing else changes the number.
_KEEP_TO_RULE_8 = """
create function keep_to_rule_8() returns trigger language plpgsql as $$ begin
    if old.state = 'running' and new.state in ('waiting', 'waiting_input', 'retrying') then
        if new.lost_count <> 0 then
            raise exception 'an outcome did not forgive % losses', new.lost_count;
        end if;
    elsif new.lost_count <> old.lost_count then
        if new.lost_count <> old.lost_count + 1 or old.state <> 'running'
           or new.state <> 'ready' or old.started_at is null then
            raise exception 'losses went from % to % as % became %',
                old.lost_count, new.lost_count, old.state, new.state;
        end if;
    end if;
    return new; end $$
"""


def refuse_other_losses(url: str) -> None:
    """Let the database refuse every change of a node's losses that rule 8 does not have."""
    with psycopg.connect(url, autocommit=True) as session:
        session.execute(_KEEP_TO_RULE_8)
        session.execute(
            "create trigger keep_to_rule_8 before update on node_executions"
            " for each row execute function keep_to_rule_8()"
        )


class World:
    """Two worker processes, some executions, and everything they were ever told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.hands = (Hand(url), Hand(url))
        for hand in self.hands:
            # Orders are the matter here, not the disk: its syncs would be most of the time.
            hand.session.execute("set synchronous_commit = off")
        self.cases: dict[UUID, Case] = {}
        self.claims: tuple[list[Claim], list[Claim]] = ([], [])
        #: Settlements that were sent, or whose lease was lost: none of them may count any more.
        self.zombies: list[Settlement] = []
        self.ended: dict[UUID, tuple[str, int]] = {}
        self._pool = open_pool(url, max_size=2, autocommit=True)
        records = Records(self._pool)
        secrets = Secrets({}, SecretOffers({}))
        dialer = Dialer(AddressPolicy(()))
        self._executor = Executor(records, dialer, secrets, Settings(), TaskLogs(()))

    def close(self) -> None:
        for hand in self.hands:
            hand.close()
        self._pool.close()

    def submit(self, case: Case) -> None:
        self.cases[self.hands[0].submit(case.document, case.input)] = case

    # -- what workers do --------------------------------------------------------------------------

    def claim(self, who: int, wanted: Sequence[Ref], *, start_all: bool) -> None:
        by_execution: dict[UUID, list[Ref]] = {}
        for ref in wanted:
            by_execution.setdefault(ref.execution_id, []).append(ref)
        hand = self.hands[who]
        requests = [
            Request(execution, hand.budget(), claims=refs, at_once=None if start_all else 1)
            for execution, refs in by_execution.items()
        ]
        for answer in hand.commit(*requests):
            assert answer is not None
            self.claims[who].extend(answer.claims)

    def start(self, who: int, members: Sequence[Claim]) -> None:
        """Start members of chunks, in one transaction whatever their execution."""
        hand = self.hands[who]
        hand.commit(*(Request(each.ref.execution_id, starts=[each]) for each in members))

    def run(self, claim: Claim) -> Settlement:
        ran = self._executor.run(claim)
        return settlement_of(claim, ran.outcome, arrived=ran.arrived)

    def settle(self, who: int, settlements: Sequence[Settlement], *, room: int = 0) -> None:
        """Settle outcomes in one batch, a request for each execution; all must count."""
        requests = self._requests(who, settlements, room)
        for request, answer in zip(requests, self.hands[who].commit(*requests), strict=True):
            assert answer is not None
            sent = {each.claim.lease_id for each in request.settlements}
            assert answer.settled == sent
            self.claims[who].extend(answer.handed_over)
        self._done(who, settlements)
        self._forget_the_canceled()

    def settle_cut(self, who: int, settlements: Sequence[Settlement], *, breaks: str) -> None:
        """Settle over a connection that is cut around the commit; then ask, as a committer does."""
        hand = self.hands[who]
        session = Breaking.connect(self.url, autocommit=True)
        session.breaks = breaks
        requests = self._requests(who, settlements, room=2)
        try:
            commit(hand.engine, session, requests)
            raise AssertionError("the connection was not cut")
        except psycopg.OperationalError:
            session.close()
        for request in requests:
            wanted = {each.claim.lease_id for each in request.settlements}
            with hand.session.transaction():
                lock_waiting(hand.session, hand.graphs, request.execution_id)
                running, settled = leases(hand.session, [request.execution_id], wanted)
            assert (settled if breaks == "after" else running) == wanted
            assert not (running if breaks == "after" else settled)
        if breaks == "after":
            self._done(who, settlements)
        self._forget_the_canceled()

    def give_back_orphans(self, who: int) -> None:
        """Release what the ledger has a worker run, and the worker knows nothing of."""
        hand = self.hands[who]
        known = {claim.lease_id for claim in self.claims[who]}
        rows = hand.session.execute(
            "select execution_id, scope, node, lease_id from node_executions"
            " where state = 'running' and worker_id = %s",
            (hand.worker_id,),
        ).fetchall()
        for *ref, lease_id in rows:
            if lease_id not in known:
                found = Ref(*ref)
                graph = hand.graphs.execution(hand.session, found.execution_id)
                self.settle(who, [settlement_of(Claim(found, lease_id, graph), Released())])

    def reclaim(self, who: int) -> None:
        """Take a worker for dead; it goes on as a zombie that does not know."""
        for execution in self.cases:
            assert self.hands[1 - who].reclaim(execution, self.hands[who]) is not None
        self.zombies += [settlement_of(each, Completed("stale")) for each in self.claims[who]]
        self.claims[who].clear()

    def replay(self, zombie: Settlement) -> None:
        """Settle once more what must not count; nothing may change."""
        execution = zombie.claim.ref.execution_id
        hand = self.hands[0]
        before = hand.execution(execution)
        answer = hand.settle_all([zombie], room=2)
        assert answer.settled == frozenset()
        assert answer.handed_over == []
        assert hand.execution(execution) == before

    # -- what clocks and people do ----------------------------------------------------------------

    def elapse(self) -> None:
        """Let every timer and retry come due, and do what is due."""
        for execution in self.unfinished():
            self.hands[0].session.execute(
                "update node_executions set due_at = clock_timestamp()"
                " where execution_id = %s and due_at is not null",
                (execution,),
            )
            self.hands[0].wake(execution)

    def overrun(self, who: int, claim: Claim) -> None:
        """Let an attempt pass its limit, and the scheduler settle it."""
        ref = claim.ref
        self.hands[who].elapse(ref.execution_id, f"{ref.scope} {ref.node}".strip())
        self.hands[1 - who].end_overdue(ref.execution_id)
        self.zombies.append(settlement_of(claim, Completed("late")))
        self._forget_the_canceled()

    def lose_messages(self) -> None:
        """Let Redis lose its data, and the scheduler find out."""
        turns.take_back_lost(
            self.hands[0].session,
            epoch="another day",
            oldest={},
            queues=self._queues(),
            grace_seconds=5,
        )

    def dispatch(self) -> None:
        """Pass until nothing waits, with room for few: all that no pause holds is sent then."""
        session, queues = self.hands[0].session, self._queues()
        for _ in range(MOST_ROUNDS):
            found = turns.waiting(session, queues, {}, {})
            if not found:
                break
            shares = [Share(*turn, each, 2) for turn, of_it in found.items() for each in of_it]
            assert turns.send(session, shares, epoch="today")
        unsent = session.execute(
            "select n.node, n.scope from node_executions n join executions e on e.id = execution_id"
            " where state = 'ready' and enqueued_at is null and pause_requested_at is null"
        ).fetchall()
        assert unsent == []

    def fold(self) -> None:
        """Make the rows of the cluster's counts few."""
        open_counts.fold(self.hands[0].session)

    def recount(self) -> None:
        """Count again what is open; nothing may be wrong."""
        assert open_counts.recount(self.hands[1].session) == {}

    def _queues(self) -> list[str]:
        rows = self.hands[0].session.execute("select distinct queue from node_executions")
        return [queue for (queue,) in rows]

    def control(self, execution: UUID, what: str) -> None:
        call = {"pause": control.pause, "resume": control.resume, "cancel": control.cancel}[what]
        hand = self.hands[0]
        call(hand.engine, hand.session, execution)
        self._forget_the_canceled()

    # -- what there is ----------------------------------------------------------------------------

    def ready(self) -> list[Ref]:
        """Return the ready rows, in an order that does not depend on ids."""
        found = []
        for execution in self.cases:
            rows = self.hands[0].session.execute(
                "select scope, node from node_executions"
                " where execution_id = %s and state = 'ready' order by scope, node",
                (execution,),
            )
            found += [Ref(execution, scope, node) for scope, node in rows]
        return found

    def unfinished(self) -> list[UUID]:
        return [each for each in self.cases if self.hands[0].status(each) not in FINAL]

    def broken(self) -> list[str]:
        """Say which invariants are broken, or which final status did not stay."""
        session = self.hands[0].session
        found = miscounted(session)
        for execution in self.cases:
            found += check(session, execution)
            row = self.hands[0].execution(execution)
            if row.finished_at is not None:
                told = (row.status, row.next_seq)
                if self.ended.setdefault(execution, told) != told:
                    found.append(f"{self.ended[execution]} became {told} after the end")
        return found

    def finish(self) -> None:
        """Run everything to its end, as good workers do."""
        for _ in range(MOST_ROUNDS):
            for execution in self.unfinished():
                if self.hands[0].status(execution) == "PAUSED":
                    self.control(execution, "resume")
            for who in (0, 1):
                self.give_back_orphans(who)
                for claim in list(self.claims[who]):
                    if claim in self.claims[who]:
                        self.settle(who, [self.run(claim)], room=64)
            self.elapse()
            if not self.unfinished():
                return
            self.claim(0, self.ready(), start_all=True)
        raise AssertionError(f"still unfinished: {self.hands[0].states(self.unfinished()[0])}")

    def retry(self) -> None:
        """Repeat what did not succeed: the same workflow must come to the same end again."""
        for execution, case in list(self.cases.items()):
            if self.hands[0].status(execution) != "SUCCESS":
                hand = self.hands[1]
                repeated = retry(hand.engine, hand.session, execution)
                self.cases[repeated] = case

    def differences(self) -> list[str]:
        """Say where what was not canceled differs from the reference."""
        found = []
        hand = self.hands[0]
        for execution, case in self.cases.items():
            told = executions.execution(hand.session, hand.graphs, execution, records=5_000)
            if told.status is not ExecutionStatus.CANCELED:
                found += differences(case.expected, written(told))
        return found

    def _requests(self, who: int, settlements: Sequence[Settlement], room: int) -> list[Request]:
        by_execution: dict[UUID, list[Settlement]] = {}
        for each in settlements:
            by_execution.setdefault(each.claim.ref.execution_id, []).append(each)
        budget = self.hands[who].budget(room)
        return [Request(execution, budget, some) for execution, some in by_execution.items()]

    def _done(self, who: int, settlements: Iterable[Settlement]) -> None:
        for each in settlements:
            if each.claim in self.claims[who]:
                self.claims[who].remove(each.claim)
            self.zombies.append(each)

    def _forget_the_canceled(self) -> None:
        """Make zombies of the claims whose rows were ended beside them."""
        for claims in self.claims:
            executions = {claim.ref.execution_id for claim in claims}
            wanted = [claim.lease_id for claim in claims]
            running, _ = leases(self.hands[0].session, executions, wanted)
            for claim in [each for each in claims if each.lease_id not in running]:
                claims.remove(claim)
                self.zombies.append(settlement_of(claim, Completed("stale")))


def unlucky(claim: Claim) -> Outcome:
    """Return a failure by chance, which is tried again at once."""
    return Retrying(Unlucky("Bad luck.").to_wire(), timedelta())


def may_fail(claim: Claim) -> bool:
    """Return whether a failure now is not the last that the node may have."""
    return claim.retry_count < claim.node.max_retries
