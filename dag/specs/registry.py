"""Which node types there are."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dag.specs.action import HTTP_REQUEST, PYTHON_TASK
from dag.specs.ai import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from dag.specs.flow import DELAY, FILTER, IF, MERGE, SORT, SWITCH
from dag.specs.loop import FOR_EACH, LOOP
from dag.specs.people import IN_APP_APPROVAL, MANUAL_REVIEW
from dag.specs.planned import PLANNED
from dag.specs.planning import PLAN
from dag.specs.spec import NodeSpec
from dag.specs.transformation import DATA_TRANSFORMATION
from dag.specs.trigger import MANUAL

AVAILABLE = (
    MANUAL,
    IF,
    SWITCH,
    FOR_EACH,
    LOOP,
    MERGE,
    FILTER,
    SORT,
    DELAY,
    DATA_TRANSFORMATION,
    HTTP_REQUEST,
    PYTHON_TASK,
    OPENAI_CHATGPT,
    ANTHROPIC_CLAUDE,
    IN_APP_APPROVAL,
    MANUAL_REVIEW,
)
"""What this release runs."""

SPECS: Mapping[tuple[str, str], NodeSpec] = MappingProxyType(
    {(spec.type, spec.subtype): spec for spec in (*AVAILABLE, *PLANNED)}
)
"""Every node type by type and subtype."""

SUBTYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {kind: tuple(s.subtype for s in SPECS.values() if s.type == kind) for kind, _ in SPECS}
)
"""The subtypes of each type."""

SYSTEM: Mapping[tuple[str, str], NodeSpec] = MappingProxyType({(PLAN.type, PLAN.subtype): PLAN})
"""Node types of Treadle's own workflows: they run, and validation knows none of them."""


def spec_of(type: str, subtype: str) -> NodeSpec | None:  # noqa: A002 - the wire model's word
    """Return a node type's spec, or `None` if there is no such type."""
    return SPECS.get((type, subtype))


def running_spec_of(type: str, subtype: str) -> NodeSpec | None:  # noqa: A002 - the wire model's word
    """Return the spec of a node that is stored: one that workflows may have, or one of our own."""
    return SPECS.get((type, subtype)) or SYSTEM.get((type, subtype))
