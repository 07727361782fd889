"""What a process runs is known by the life of its claims, which end at any moment."""

from __future__ import annotations

from uuid import UUID

from treadle.core.ids import new_id
from treadle.dag.graph import unread_graph
from treadle.ledger.engine.leases import Claim, Ref
from treadle.workers.leases import Leases


class DroppedWhenLookedUp(UUID):
    """A lease whose claim nobody holds any more once it is looked up."""

    claims: list[Claim]

    def __hash__(self) -> int:
        if "claims" in vars(type(self)):
            type(self).claims.clear()
        return super().__hash__()


def test_a_claim_that_ends_while_all_are_listed_ends_nothing_else() -> None:
    """The heartbeat lists them beside threads that drop theirs."""
    lease_id = DroppedWhenLookedUp(int=new_id().int)
    claim = Claim(Ref(new_id(), "", "a"), lease_id, unread_graph("w"))
    leases = Leases()
    leases.add([claim])

    DroppedWhenLookedUp.claims = [claim]
    del claim

    assert [each.ref.node for each in leases.held().values()] == ["a"]
