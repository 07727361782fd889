"""The ledger: the record of truth, and the queue.

Everything that is decided about a running workflow is decided here, in PostgreSQL. An execution is
a small state machine and its row is its lock: whoever holds it applies events to it, one
transaction at a time. Messages, leases in memory and caches elsewhere may be lost, doubled or
stale; what the rows say, holds.

Three rooms, and the database below them:

    engine        what changes an execution: lock, claim, settle, arrive, loop, end, recover
    people        what becomes of a question, and what goes out to those who are asked
    views         what is read, without a lock: by clients, attempts and the scheduler
    migrations    the schema; `queries` and `sql/` the statements, by name

The protocol, one transaction a call, each locking the rows of its executions first (rule 1). Each
takes the `Engine`, which publishes afterwards what the transaction leaves:

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
    turns.send                  a dispatcher  notes ready rows as sent, by turns
    turns.take_back_lost        a dispatcher  takes back the notes of rows whose message was lost
    open_counts.fold, recount   a scheduler   nothing: what is open in the cluster is kept in few
                                              rows, and counted once more
    recovery.wake               a scheduler   due retries become ready, due timers complete
    recovery.reclaim            a scheduler   what a dead process ran becomes ready again
    recovery.end_overdue        a scheduler   attempts past their limit fail, or are tried again
    retrying.retry              a person      creates another one that keeps what stands
    answers.answer              a person      decides a question; its node leaves by the decision
    answers.delivered           a channel     a question reached it: now a person may answer
    timeouts.time_out           a sweeper     ends questions whose time is over, as they say
    timeouts.warn               a sweeper     warns once that a question's time is nearly over

Whatever changes an execution in future (a child's end, a signal) is one more such call.

Who decides what. `dag` decides everything that can be decided from values: whether a join is ready,
whether a failure is tried again, what a retry keeps, which states there are. The ledger decides
whether an event counts, by guards and locks. Its callers decide when to ask, and run what was
claimed for them.

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
