"""Validation of workflows: all problems in one answer.

`validate` takes any input (text, bytes, objects) and returns a `Validation`: the workflow and
its compiled graph, or every problem with its path, reason, message and solution. It never raises.

The checks run in the order of `validate`, and none depends on another one passing:

    reading      is it JSON, within limits; numbers, texts and keys that cannot be stored
    (dag.shape)  does it have the shape of the wire model
    draft        what can be read from it, however broken; the checks below use only this
    parts        ids, node types, configurations, triggers, connections
    structure    cycles, reach, loop bodies
    (compiled)   every expression, template and conversion, with the names that exist in its place
    references   outputs that are read and might not exist

One broken part hides no other: a node with a bad id still has its expressions checked, a workflow
with a cycle still has its types checked. Where a problem makes a check meaningless (there is no
JSON, the document is too large) only that problem is reported. The same reason at one path counts
once, and an answer holds at most `Limits.problems` of them.

`for_owner` adds what depends on whose workflow it is: which secrets the operator offers to them.
"""

from treadle.dag.validation.offers import for_owner
from treadle.dag.validation.validate import Validation, validate

__all__ = ["Validation", "for_owner", "validate"]
