"""The ledger: the record of truth, and the queue.

Everything that is decided about a running workflow is decided here, in PostgreSQL. An execution is
a small state machine and its row is its lock: whoever holds it applies events to it, one
transaction at a time. Messages, leases in memory and caches elsewhere may be lost, doubled or
stale; what the rows say, holds.

The protocol, one transaction a call, each locking the rows of its executions first (rule 1):

    call                        by            what it does to an execution
    --------------------------  ------------  -----------------------------------------------------
    submission.submit           a client      creates it, settles its triggers, counts arrivals;
                                              `submit_all` creates several in one transaction
    batches.commit              a committer   claims: ready rows get a lease each
                                              settles: outcomes count, with all that follows
                                              reports: what runs says, as events and no more
                                              releases: `Released` is an outcome like others
    control.cancel              a person      ends it as CANCELED, with all that is not final
    control.pause, resume       a person      closes and opens the gate
    control.end_by_deadline     a scheduler   ends it as TIMEOUT
    control.refill              a dispatcher  notes ready rows as sent
    recovery.wake               a scheduler   due retries become ready, due timers complete
    recovery.reclaim          a scheduler   what a dead process ran becomes ready again
    recovery.end_overdue        a scheduler   attempts past their limit fail, or are tried again
    retrying.retry              a person      creates another one that keeps what stands
    answering.answer            a person      decides a question; its node leaves by the decision
    timeouts.time_out           a sweeper     ends questions whose time is over, as they say
    warning.warn                a sweeper     tells once that a question's time is nearly over
    answering.delivered         a channel     a question reached it: now a person may answer

Whatever changes an execution in future (a child's end, a signal) is one more such call. Without a
lock: the `views` for clients and attempts, `people.interactions` for what was asked, `people.links`
and `people.outbox` for what goes out to people, `engine.schedule` for what is due, `migrations` for
the schema.

Inside a transaction, from the lock to the commit:

    holding       locks the executions' rows; those that others hold are left out, or waited for
    unit          gathers what becomes of them, and writes it last: scopes, events, their own rows
    claims        leases for rows that a message named
    written       what a settle writes of an outcome, worked out before the transaction
    settlements   the guarded update; what counted goes on to
    progress      events for what attempts say while they run
    arrivals      sums at the targets, one upsert for all; dead paths followed to their end
    loops         scopes that end open the next, or wake their loop
    questions     a node asks a person; the status of an execution that waits for one
    endings       an execution of which nothing is open ends, exactly once
    rows          the values that pass in and out; `queues` and `graphs` what they need to know,
                  `queries` the SQL by name
    dedup         idempotency keys that are taken; `versions` the definitions that are stored

Who decides what. `dag` decides everything that can be decided from values: whether a join is ready,
whether a failure is tried again, what a retry keeps, which states there are. The ledger decides
whether an event counts, by guards and locks. Its callers decide when to ask, and do afterwards what
a transaction leaves to them (`PostCommit`): run what was claimed, send what was noted, ring.

Invariants, cited by number wherever they are kept:

    1  a node execution changes state only by an update that names the states it leaves, and by
       its lease; a stale attempt changes nothing, events included
    2  outcome, arrivals, counters and events commit together
    3  an arrival counts once for each connection and scope
    4  each scope counts its open nodes; the transaction that brings it to 0 ends it, once
    5  events are numbered without a gap and commit in order
    6  a message carries ids alone; a lost one costs time, never work
    7  a lease lives while its process beats and its limit is ahead
    8  a question is answered, timed out or canceled once, whoever comes first
    9  what was acknowledged to a client is committed
    10 no secret is stored

When something fails. A transaction that raises has changed nothing; one whose connection broke in
the commit is unknown, and its caller locks, reads back (`claims.leases`) and then decides. An
outcome that cannot be stored fails its own attempt (`output_not_storable`), never another's. If
nothing of an execution is open and yet a row waits, it ends as ERROR with `ledger_inconsistent`
instead of hanging. Sessions are bounded in time, so that a machine that vanishes inside a
transaction does not hold its executions for long.
"""
