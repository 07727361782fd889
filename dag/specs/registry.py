"""The registry of node types: every `NodeSpec` that a module of this package defines."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from treadle.core.discovery import defined_in, import_modules
from treadle.dag.specs.planned import PLANNED
from treadle.dag.specs.spec import NodeSpec

#: Modules of this package that define no node type of their own.
_MACHINERY = frozenset({"configuration", "defaults", "planned", "registry", "spec"})
#: The order in which node types are listed; a type that is not here comes last.
_TYPES = ("TRIGGER", "FLOW", "ACTION", "EXTERNAL_ACTION", "AI_AGENT", "HUMAN_IN_THE_LOOP")


def _place(spec: NodeSpec) -> int:
    return _TYPES.index(spec.type) if spec.type in _TYPES else len(_TYPES)


_DEFINED = tuple(defined_in(import_modules(__package__, without=_MACHINERY), NodeSpec))

AVAILABLE = tuple(sorted((each for each in _DEFINED if not each.is_internal), key=_place))
"""What this release runs."""

SPECS: Mapping[tuple[str, str], NodeSpec] = MappingProxyType(
    {(spec.type, spec.subtype): spec for spec in (*AVAILABLE, *PLANNED)}
)
"""Every node type by type and subtype."""

SUBTYPES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {kind: tuple(s.subtype for s in SPECS.values() if s.type == kind) for kind, _ in SPECS}
)
"""The subtypes of each type."""

USABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {kind: tuple(s.subtype for s in AVAILABLE if s.type == kind) for kind in SUBTYPES}
)
"""Those of `SUBTYPES` that this release runs: what may be suggested. A type may have none."""

_INTERNAL = {(each.type, each.subtype): each for each in _DEFINED if each.is_internal}


def spec_of(type: str, subtype: str) -> NodeSpec | None:  # noqa: A002 - the wire model's word
    """Return a node type's spec, or `None` if there is no such type."""
    return SPECS.get((type, subtype))


def running_spec_of(type: str, subtype: str) -> NodeSpec | None:  # noqa: A002 - the wire model's word
    """Return the spec of a stored node: a public type, or an internal one."""
    return SPECS.get((type, subtype)) or _INTERNAL.get((type, subtype))
