"""The builder: a workflow in Python, which is the same as its document in JSON.

    workflow       the workflow: makes nodes, becomes a definition, is read from one
    methods        a typed method for each node type, written by `method_source` from the specs
    nodes          what these return: nodes, and the exits that lead on from them
    expressions    what a run will know, recorded as Python reads and computes with it
    code           what a field with expressions takes
    wiring         connections, from what nodes read and the exits that lead to them
    lines, errors  the line of the program that a problem comes from
    picture        Mermaid and SVG

The builder decides what a program means as a document, and nothing about what is valid: that is
`dag.validation`, whose problems come back with the line that made the node. It is imported by
programs that build; a worker calls the plain function of a task and never sees it.

Invariants:

    - What `from_json` reads, `to_json` gives back member by member.
    - Nothing is added to nodes that a document states.
    - A value of a run is no Python value: whatever would need one raises `NotKnownYet`.
"""

from treadle.builder.workflow import Workflow

__all__ = ["Workflow"]
