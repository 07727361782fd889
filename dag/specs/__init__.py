"""Node types: one declarative value each, from which everything about them is derived.

A `NodeSpec` names a pydantic model of the configurations and adds what pydantic cannot express: the
output keys, the lane, constraints between fields. Markers in the model's annotations (`dag.fields`)
say which fields are bare expressions and which names these see, which fields are fixed by the
definition, and which take secrets. From this come validation, compilation, the JSON Schema and
publication.

Three kinds of field:

    - expressions (`Bare`): stored as source text, compiled with the graph, evaluated by the node's
      implementation, by path
    - fixed (`Fixed`): read before anything runs (timeouts, operations, output keys); no templates
    - all others: may be or contain templates; checked as written, and again when rendered

To add a node type, write a model and a `NodeSpec` in the module of its family, which `registry`
finds, and an implementation in `workers/nodes`. Names in `planned` are known, and refused as not
available.

Every node has the fields of `Configuration` and the output key `error`.
"""

from treadle.dag.specs.configuration import Configuration, Policy, policy
from treadle.dag.specs.planned import instead_of
from treadle.dag.specs.registry import (
    AVAILABLE,
    SPECS,
    SUBTYPES,
    USABLE,
    running_spec_of,
    spec_of,
)
from treadle.dag.specs.spec import (
    BODY_KEY,
    CORE_QUEUE,
    DONE_KEY,
    ERROR_KEY,
    InvalidConfiguration,
    Join,
    Lane,
    NodeSpec,
)

__all__ = [
    "AVAILABLE",
    "BODY_KEY",
    "CORE_QUEUE",
    "DONE_KEY",
    "ERROR_KEY",
    "SPECS",
    "SUBTYPES",
    "USABLE",
    "Configuration",
    "InvalidConfiguration",
    "Join",
    "Lane",
    "NodeSpec",
    "Policy",
    "instead_of",
    "policy",
    "running_spec_of",
    "spec_of",
]
