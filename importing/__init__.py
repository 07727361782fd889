"""Import: workflows of other systems become workflows of Treadle, with a report. Pure.

    bytes ── formats ──▶ whose it is ──▶ secrets taken out ──▶ n8n/… or reference/… ──▶ building
                                                                                         │
                                         the workflow, and the report  ◀── validation ◀──┘

A foreign document is data: nothing of it is ever run, and what has no equivalent is never guessed.
Each fact of it ends in one of four ways, which the report says with a reason of a closed list:

    - it *maps*: the same, written as Treadle writes it
    - it *changes*: something close, and the message says what differs
    - it is *lost*
    - it is *to do*: code becomes a `@task` to write; an expression without an exact translation
      stands as `not_translated('…')`, which validation refuses with its place until somebody wrote
      it; a secret is taken out and named

Who decides what:

    formats      which system a document is of, and what else it may be
    report       the reasons, and what an entry is
    secrets      what is taken for a secret, and its name
    texts        literals, templates, ids and names; marks in place of secrets
    javascript   foreign expressions: read, and rewritten where that is exact
    building     the nodes and connections that are made, and the last look by validation
    n8n          n8n's workflows: items, loops, and a table of node types
    reference    the reference system's workflows: a table of node types

Invariants:

    - No secret that was found is in the workflow, in the report or in a message.
    - The same document gives the same workflow and report.
    - What validation refuses in the workflow stands in the report.
    - Importing never raises for any document; its cost is bounded by the document's size.
"""
