"""The engine: what changes executions, one transaction at a time, and publishes what follows.

    engine           locks executions, lets a unit of work act, commits, publishes
    unit_of_work     gathers what becomes of them, and writes it last: scopes, events, their rows
    scopes           what happens to inner scopes in one transaction
    locking          locks rows; those that others hold are left out, or waited for
    execution_rows   an execution's row: of one that is created, of one that is locked
    leases           a node execution, and the right to settle an attempt of it
    hand_off         what a caller runs at once of what it makes ready
    post_commit      what is published after the commit, and the queue that carries it

Calls, each a transaction:

    submission       executions begin; `idempotency` has the keys that are taken, `versions` the
                     definitions that are stored, and compiled
    batches          a committer's: reports, settles, claims of many callers
    control          a person's, a clock's and the dispatcher's
    recovery         the scheduler's: due retries and timers, dead processes, overdue attempts
    retrying         a new execution keeps what stands of an ended one

What they are made of:

    claims           leases for rows that a message named
    settle_rows      what a settle writes of an outcome, worked out before the transaction
    settlements      the guarded update; what counted goes on to
    arrivals         sums at the targets, one upsert for all; dead paths followed to their end
    loops            scopes that end open the next, or make their loop ready
    interactions     a node asks a person; the status of an execution that waits for one
    endings          an execution of which nothing is open ends, exactly once

    open_counts      what a transaction changes of how much is open in the whole cluster

`schedule` finds what is due, silent or lost, and changes no execution; `turns` notes what is sent.

Invariants: all but 8 and 9 of the ledger's are kept here. Nothing here waits for Redis, a node or
user code while a row is locked: the queue answers `admit` from memory.
"""
