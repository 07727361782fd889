"""Node specs: one declarative value for each node type."""

from dag.specs.configuration import Configuration, Policy, policy
from dag.specs.registry import AVAILABLE, SPECS, SUBTYPES, spec_of
from dag.specs.spec import BODY_KEY, DONE_KEY, ERROR_KEY, InvalidConfiguration, Lane, NodeSpec

__all__ = [
    "AVAILABLE",
    "BODY_KEY",
    "DONE_KEY",
    "ERROR_KEY",
    "SPECS",
    "SUBTYPES",
    "Configuration",
    "InvalidConfiguration",
    "Lane",
    "NodeSpec",
    "Policy",
    "policy",
    "spec_of",
]
