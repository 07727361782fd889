"""Workers: where, when and how attempts run, and the process that does it.

A worker holds nothing that matters. What is ready, what is leased and what counted is the ledger's
to say; a worker takes ids from a message, asks for a lease, runs, and hands over an outcome.

    process       puts all of it together, from boot to drain
    runner        the loop of a thread: claim, run, settle, go on with what was handed over
    attempts      from a claim to an outcome
    nodes         what each node type does with an attempt, a folder a family
    tasks         user code by name; `secrets` what it may be given, and must not leave behind
    logs          what tasks print and log, led to their attempt; `context` what they may know
    lanes         coroutines on one event loop; children for what keeps a core busy, and for
                  suspects, which have few threads of their own
    committer     one thread that commits for all others
    leases        what this process runs, known by the life of an object
    interruption  how an attempt is ended from outside, told apart from what its code raises
    heartbeat     beats, and compares leases with the ledger's
    middleware    one policy a file around Dramatiq's messages and threads
    health        whether the process claims work

Who decides what. The ledger decides whether a lease is given and whether an outcome counts; `dag`
whether a failure is tried again. Here is decided how much to take over at once, what shares a
commit, which thread or child runs what, and when to give up waiting.

What can go wrong, and what follows:

    a worker dies        its beat stands still; what it ran is reclaimed and charged a loss, what
                         it had only claimed is not
    a thread hangs       its limit passes: it is interrupted, and if that fails the scheduler
                         settles for it; its late outcome is refused by its lease
    a node kills workers from its second loss on it runs alone in a child, whose deaths its living
                         parent reports; after two of those it fails as `worker_lost`.
                         An outcome after which it runs again forgives what was lost
    user code raises     whatever it is, it is that attempt's outcome; the loop is started again
    Redis is away        nothing is admitted to the queue; rows stay ready, hand-offs go on
    Redis forgot all     the epoch is another: what was noted under the old one is sent again
    PostgreSQL is away   outcomes wait in the committer, which reads back what became of them
    a message is lost    its row is older than any message that waits: it is sent again
    SIGTERM              nothing more is claimed; what runs has the grace time, the rest is
                         released uncharged

Invariants:

    - A node with effects starts only after the commit that claims it.
    - Nothing waits for Redis, a node or user code while it holds an execution's row.
    - An inline node runs in the thread that has it, never in the committer or the scheduler.
    - User code in a child finds no variable of Treadle, and no call or answer but its own.
"""
