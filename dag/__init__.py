"""What a workflow is, without doing anything: the pure part of Treadle.

Everything here takes values and returns values; nothing here reads a clock, a file, the network or
a setting. The ledger, the workers and the planner are built on it and share its definitions.

From a document to something that runs:

    text or objects
      │  validation/reading    JSON, bounded in size and depth, nothing lost or rounded
      │  model, shape          the wire model, strictly; shape errors reported as problems
      │  validation/…          node types, connections, graph, references: all problems at once
      │  compiled, expressions the texts of each node, to closures
      ▼
    graph.CompiledGraph        what the ledger counts by and the workers evaluate
    publish.publish            the definition as it is stored: every default written out

Who decides what:

    - `specs`       each node type, once: configurations, output keys, lane, fields for secrets
    - `channels`    each channel, once: its fields, what it carries, whether questions are sent
    - `fields`      the markers of a configuration's fields, and the plan made of them
    - `topology`    order, cycles, reach, loop bodies; the only user of networkx
    - `graph`       the compiled graph, made anew from what is stored
    - `states`      the states of nodes, scopes and executions, and their transitions
    - `events`      the types of events of an execution: their meaning and their data
    - `readiness`   when a node may run; `scopes` how iterations are named
    - `inputs`      a node's input from what arrived; `retries` whether and when it is tried again
    - `outcomes`    what an attempt hands to the ledger
    - `questions`   what a node asks a person; `replies` what counts as an answer
    - `expressions` the language of conditions, mappings and templates
    - `values`      JSON data and its encoding; `limits` how large a definition may be

Invariants:

    - `validate` never raises, and its cost is bounded by the size of the document.
    - `compile_graph` compiles whatever validation accepts, before and after publication: both
      use the same code.
    - A `CompiledGraph` never changes, so every execution of a version shares one.
    - Only strings of the definition are templates; a value that arrived is never compiled.
"""
