"""The schema and the queries say what `dag/states.py` says, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from importlib import resources

import psycopg
import pytest

from tests.support.state_machines import sources_of
from tests.support.statements import numbered
from treadle.core.postgres import connect
from treadle.dag.states import (
    FINAL_EXECUTION_STATUSES,
    FINAL_NODE_STATES,
    NODE_TRANSITIONS,
    ExecutionStatus,
    InteractionStatus,
    LoopPhase,
    NodeState,
    ScopeState,
    WaitKind,
)
from treadle.ledger.migrations import migrate
from treadle.ledger.queries import queries
from treadle.wire.keys import Scope

FILES = sorted(
    entry.name.removesuffix(".sql")
    for entry in resources.files("treadle.ledger").joinpath("sql").iterdir()
    if entry.name.endswith(".sql")
)
QUERIES = [(file, name) for file in FILES for name in queries(file)]
_WORD = re.compile(r"'(\w+)'")


@pytest.fixture
def session(postgres_url: str) -> Iterator[psycopg.Connection]:
    with connect(postgres_url, autocommit=True) as opened:
        yield opened


@pytest.mark.parametrize(("file", "name"), QUERIES)
def test_every_query_prepares_against_the_migrated_schema(
    session: psycopg.Connection, file: str, name: str
) -> None:
    """Tables, columns and types of every named query are those of the migrations."""
    statement = numbered(queries(file)[name])

    assert "%(" not in statement
    session.execute(f"prepare probe as {statement}")


@pytest.mark.parametrize(
    ("constraint", "enum"),
    [
        ("executions_status", ExecutionStatus),
        ("scopes_status", ScopeState),
        ("node_executions_state", NodeState),
        ("node_executions_phase", LoopPhase),
        ("interactions_status", InteractionStatus),
        ("api_keys_scopes", Scope),
    ],
)
def test_a_check_permits_the_members_of_its_enum(
    session: psycopg.Connection, constraint: str, enum: type[StrEnum]
) -> None:
    """A word is typed once, in its enum; the CHECK is held to it."""
    assert words(session, constraint) == set(enum)


def test_the_check_of_waiting_names_every_wait_kind(session: psycopg.Connection) -> None:
    """A row says what it waits for exactly while it waits."""
    assert words(session, "node_executions_wait_kind") == {*WaitKind, NodeState.WAITING}


@pytest.mark.parametrize(
    ("constraint", "finals"),
    [
        ("executions_final", FINAL_EXECUTION_STATUSES),
        ("node_executions_final", FINAL_NODE_STATES),
    ],
)
def test_an_end_is_dated_exactly_in_final_states(
    session: psycopg.Connection, constraint: str, finals: frozenset[StrEnum]
) -> None:
    """The CHECK's final states are those that nothing leaves in the table."""
    assert words(session, constraint) == finals


@pytest.mark.parametrize(
    ("name", "states"),
    [
        ("cancel_nodes", sources_of(NODE_TRANSITIONS, NodeState.CANCELED)),
        ("cancel_scope_nodes", sources_of(NODE_TRANSITIONS, NodeState.CANCELED)),
    ],
)
def test_a_cancel_leaves_every_state_that_the_table_lets_it(
    name: str, states: frozenset[NodeState]
) -> None:
    """The guard of the UPDATE is the table's column, and what is final stays."""
    (guard,) = re.findall(r"state in \(([^)]*)\)", queries("work")[name])

    assert set(_WORD.findall(guard)) == states == set(NodeState) - FINAL_NODE_STATES


@pytest.mark.parametrize(
    ("name", "enters"),
    [
        ("settle", {"ready", "waiting", "retrying", "completed", "failed"}),
        ("claim", {"running"}),
        ("reclaim", {"ready"}),
        ("release_unstarted", {"ready"}),
        ("complete_timers", {"completed"}),
        ("place", {"ready", "skipped"}),
    ],
)
def test_the_guard_of_an_update_names_only_states_that_may_change_so(
    name: str, enters: set[str]
) -> None:
    """Invariant 1: each state an UPDATE may leave has a way to one that it enters."""
    where = queries("work")[name].rpartition("where")[2]
    guarded = re.search(r"state (?:in \(([^)]*)\)|(?:\|\| '' )?= ('\w+'))", where)
    assert guarded is not None
    leaves = set(_WORD.findall(guarded[1] or guarded[2]))
    ways = {(str(row.leaves), str(row.enters)) for row in NODE_TRANSITIONS}

    assert leaves
    for state in leaves:
        assert any((state, enter) in ways for enter in enters)
    if len(leaves) == 1:
        assert {(next(iter(leaves)), enter) for enter in enters} <= ways


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("state = 'running'", "node_executions_lease"),
        ("state = 'waiting'", "node_executions_wait_kind"),
        ("state = 'completed'", "node_executions_final"),
        ("state = 'retrying'", "node_executions_due"),
        ("state = 'done'", "node_executions_state"),
        ("limit_at = now()", "node_executions_limit"),
        ("lease_id = gen_random_uuid()", "node_executions_lease"),
    ],
)
def test_the_database_refuses_a_row_that_contradicts_its_state(
    session: psycopg.Connection, change: str, constraint: str
) -> None:
    """CHECKs tie columns to the state: only what runs holds a lease, what ended has an end."""
    with session.transaction(force_rollback=True):
        session.execute(
            "insert into node_executions (execution_id, scope, node, state, arrived, taken,"
            " poisoned, queue, priority) values (uuid_floor(now()), '', 'n', 'ready', 1, 1, 0,"
            " 'core', 5)"
        )
        with pytest.raises(psycopg.errors.CheckViolation) as refused, session.transaction():
            session.execute(
                f"update node_executions set {change} where execution_id = uuid_floor(now())"
            )

    assert refused.value.diag.constraint_name == constraint


def test_a_second_migration_finds_nothing_to_do(postgres_url: str) -> None:
    """Migrating is safe at any time, from any process."""
    assert migrate(postgres_url) == []


def words(session: psycopg.Connection, constraint: str) -> set[str]:
    """Return the words that a CHECK names."""
    row = session.execute(
        "select pg_get_constraintdef(oid) from pg_constraint"
        " where conname = %s and conparentid = 0 and coninhcount = 0",
        (constraint,),
    ).fetchone()
    assert row is not None
    return set(_WORD.findall(row[0]))
