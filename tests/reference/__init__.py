"""The reference: what a workflow means, told without a machine that runs it.

An independent interpreter of docs/semantics.md, kept apart from the product on purpose: it
shares with it the evaluator of expressions (`dag.expressions`) and nothing else, so that a mistake
in the graph, the ledger or a worker cannot hide by being made twice. It has no database, no
queue, no clock and no threads: a scope is walked once in topological order, a loop is a `for`.

- `result`       what an execution must look like afterwards, and what the order decides
- `document`     the drawing: who is in which body, in which order nodes can be looked at
- `nodes`        what one node makes of its input; `lists` what it does with lists
- `interpreter`  triggers, joins, dead paths, poison, loops, failures: `interpret`;
                 `scopes` what it knows meanwhile
- `generate`     random valid workflows, for hypothesis and by seed, made of `kinds` of nodes and a
                 `vocabulary` of expressions by the `choices` of either
- `shapes`       big graphs of the shapes that scientific workflows have
- `compare`      how what an execution came to differs from such a result

**What order decides.** The engine runs branches side by side. Where the first of two arrivals or
failures matters, no single answer is right, so the reference tells how far it is sure:

1. A record that a failure elsewhere may have stopped is not `certain`: in a real run it is as
   predicted, or `canceled`, or absent.
2. A value that depends on the order is `ANY`.
3. If such a value is read, or two arrivals race for a MERGE that waits for any, the result as a
   whole is `order_dependent`, with the reason; only its form can be checked then.
"""

from tests.reference.interpreter import interpret
from tests.reference.result import ANY, Record, Result

__all__ = ["ANY", "Record", "Result", "interpret"]
