"""What a workflow is, without doing anything: the pure part of Treadle.

Everything here takes values and returns values; nothing here reads a clock, a file, the network or
a setting. The ledger, the workers and the planner stand on it and agree through it.

From a document to something that runs:

    text or objects
      │  validation/reading    JSON, bounded in size and depth, nothing lost or rounded
      │  model, shape          the wire model, strictly; complaints said as problems
      │  validation/…          node types, connections, graph, references: all problems at once
      │  compiled, expressions the texts of each node, to closures
      ▼
    graph.CompiledGraph        what the ledger counts by and the workers evaluate
    publish.publish            the definition as it is stored: every default written out

Who decides what:

    - `specs`       each node type, once: configurations, output keys, lane, where secrets stand
    - `channels`    each way to people, once: its fields, what it carries, whether it is sent by
    - `fields`      the markers of a configuration's fields, and the plan made of them
    - `topology`    order, cycles, reach, loop bodies; the only user of networkx
    - `graph`       the compiled graph, made anew from what is stored
    - `states`      the states of nodes, scopes and executions and every way between them
    - `events`      what an execution tells, each type with what it means and carries
    - `readiness`   when a node may run; `scopes` what iterations are called
    - `inputs`      what a node gets of what arrived; `retries` whether and when it is tried again
    - `outcomes`    what an attempt hands to the ledger
    - `expressions` the language of conditions, mappings and templates
    - `values`      what data is, and how it becomes bytes; `limits` how large a definition may be

Invariants:

    - `validate` raises for no document and costs a bounded number of steps in its size.
    - What validation accepts, `compile_graph` compiles, before and after publication: both take
      the same steps.
    - A `CompiledGraph` never changes, so every execution of a version shares one.
    - Only strings of the definition are templates; a value that arrived is never compiled.
"""
