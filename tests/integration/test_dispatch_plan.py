"""The plan by which ready rows are found: it was made while there were few, and holds for many."""

from __future__ import annotations

from typing import Any

from tests.support.ledger_driver import Hand
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.ledger.engine import schedule

#: Executions whose first node is ready.
MANY = 4_000
#: Pages that one ready row may cost to find: its own, its execution's and those of their indexes.
PAGES_A_ROW = 6


def test_finding_ready_rows_costs_no_more_a_row_when_there_are_thousands(
    fresh_postgres_url: str,
) -> None:
    """A session keeps a plan that it made on empty tables; it must not be quadratic in rows."""
    hand = Hand(fresh_postgres_url)
    execution = hand.submit(chain(node("first")))
    hand.queue.epoch = None
    for _ in range(8):  # from the sixth time on the plan is kept
        look(hand)
    session = hand.session
    session.execute("create temporary table made (id uuid)")
    session.execute(
        "insert into made select unnest(%s::uuid[])", ([new_id() for _ in range(MANY)],)
    )
    for table, key in (("executions", "id"), ("node_executions", "execution_id")):
        columns = columns_of(hand, table)
        values = ", ".join("made.id" if name == key else f"o.{name}" for name in columns)
        session.execute(
            f"insert into {table} ({', '.join(columns)})"
            f" select {values} from {table} o, made where o.{key} = %s",
            (execution,),
        )
    session.execute("update node_executions set enqueued_at = null where state = 'ready'")

    found, pages = look(hand)

    hand.close()
    assert found == MANY + 1
    assert pages < PAGES_A_ROW * MANY


def look(hand: Hand) -> tuple[int, int]:
    """Look for ready rows; return how many there are, and the pages that were read for them."""
    before = pages_read(hand)
    found = schedule.unsent(
        hand.session, epoch="today", oldest={}, queues=["core"], grace_seconds=2, limit=10_000
    )
    return len(found), pages_read(hand) - before


def pages_read(hand: Hand) -> int:
    """Return the pages of tables and indexes that this session's database has looked at."""
    hand.session.execute("select pg_stat_force_next_flush()")
    hand.session.execute("select pg_stat_clear_snapshot()")
    row: Any = hand.session.execute(
        "select sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)"
        " from pg_statio_user_tables"
    ).fetchone()
    return int(row[0] or 0)


def columns_of(hand: Hand, table: str) -> list[str]:
    """Return a table's columns that are written."""
    rows = hand.session.execute(
        "select column_name from information_schema.columns"
        " where table_name = %s and is_generated = 'NEVER' order by ordinal_position",
        (table,),
    )
    return [name for (name,) in rows]
