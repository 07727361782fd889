"""Triggers: what starts an execution."""

from __future__ import annotations

from treadle.dag.model import Name
from treadle.dag.specs.configuration import Configuration
from treadle.dag.specs.spec import NodeSpec


class ManualTrigger(Configuration):
    """Fired by a submission."""

    trigger_name: Name = "Manual Trigger"
    """The label of the button that fires it."""
    description: str = ""
    """A description for whoever fires it."""


MANUAL = NodeSpec(
    "TRIGGER",
    "MANUAL",
    "Starts an execution at a submission, and puts out the submitted input.",
    ManualTrigger,
    puts_out="result: the submitted input",
    example={"trigger_name": "Start the import"},
)
