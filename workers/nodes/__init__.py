"""Node implementations: what each node type does with an attempt.

Overview
    An implementation takes an `Attempt` and returns an outcome, a value. It knows nothing of the
    ledger, of queues or of retries. `Attempt` is prepared by the executor: input joined,
    templates rendered, configuration checked against its spec.

    - `attempt`          what an implementation sees
    - `implementation`   which function runs which node type: each registers itself
    - `errors`           what data can fail a node by
    - `flow/`            IF, SWITCH, FILTER, SORT, DELAY, MERGE
    - `loops/`           FOR_EACH, LOOP: what they go over, whether one more turn is due; lists that
                         expressions go over item by item, also where a loop left them in the ledger
    - `data/`            DATA_TRANSFORMATION, an operation a function
    - `http/`            HTTP_REQUEST
    - `models/`          AI_AGENT; `models/sdk/` is loaded with a process's first such node
    - `people/`          nodes that ask a person
    - `tasks/`           PYTHON_TASK, in this process or in a child

Who decides what
    A spec (`dag.specs`) decides which configurations there are and which keys a node leaves by;
    an implementation, which of the keys, with what output. Whether a failure is tried again is
    the executor's; an implementation only says whether trying can help.

Failure
    A `TreadleError` that an implementation raises is the attempt's own failure. It returns
    `Failed` itself where there is more to say: details of the call, or when to come back.
    Any other exception is a defect.

Invariants
    1. Same attempt, same outgoing calls: an `Idempotency-Key` depends on execution, scope, node
       and ordinal alone.
    2. What arrived is data: it is never rendered, and never changed in place.
    3. Memory is bounded by inputs and outputs of bounded size: what can multiply (joins, pivots)
       counts before it builds, and of results in the ledger one page is in memory, and what is
       made of them as far as a payload would hold it.
"""
