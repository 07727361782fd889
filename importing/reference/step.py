"""One node of the reference system's on its way to nodes of Treadle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from treadle.dag.problems import Step as PathStep
from treadle.dag.problems import json_path
from treadle.importing.building import Building
from treadle.importing.reference.expressions import Texts
from treadle.importing.report import Reason

Convert: TypeAlias = Callable[[str], str]


def same(root: str) -> str:
    """The output is as it was there."""
    return root


@dataclass(frozen=True, slots=True)
class Exit:
    """What a port became."""

    node: str
    keys: tuple[str, ...] = ("result",)
    convert: Convert = same
    """How an output of Treadle's is written as the output that it was there."""


Exits: TypeAlias = Mapping[str, Exit]
"""By port; `result` is the one that others fall back to."""


@dataclass(slots=True)
class Step:
    """What a translator works with."""

    index: int
    id: str
    raw: Mapping[str, Any]
    key: str
    """`TYPE.SUBTYPE`."""
    texts: Texts
    building: Building
    ports: frozenset[str]
    """The ports that lead anywhere."""
    entries: list[str] = field(default_factory=list)

    @property
    def config(self) -> Mapping[str, Any]:
        return _object(self.raw.get("configurations"))

    @property
    def params(self) -> Mapping[str, Any]:
        return _object(self.raw.get("input_params"))

    @property
    def name(self) -> str:
        return str(self.raw.get("name") or self.raw.get("id") or self.key)

    @property
    def path(self) -> str:
        return json_path(("nodes", self.index))

    def note(self, reason: Reason, message: str, *steps: PathStep) -> None:
        """Report something about the node, or a place in it."""
        path = json_path(("nodes", self.index, *steps))
        self.building.report.add(path, reason, message)

    def maps(self, key: str) -> None:
        """Report what the node became."""
        self.note(Reason.MAPPED, f"{self.name!r} ({self.key}) is `{self.id}`, {key}.")

    def lose(self, *names: str, why: str = "it has no equivalent") -> None:
        """Report settings that are set and not taken over."""
        for name in names:
            if self.config.get(name) not in (None, "", [], {}, False):
                message = f"`{name}` is not taken over: {why}."
                self.note(Reason.SETTING_LOST, message, "configurations", name)

    def template(self, name: str, *, of_input: bool = False) -> Any:
        """Write a configuration, or an input parameter, as a template."""
        where, values = ("input_params", self.params) if of_input else (
            "configurations", self.config)  # fmt: skip
        return self.texts.template(values.get(name), where, name)

    def add(
        self,
        key: str,
        config: dict[str, Any],
        *,
        suffix: str = "",
        input_params: dict[str, Any] | None = None,
        description: str = "",
    ) -> str:
        """Add a node of Treadle's that takes the input; return its id."""
        node_id = self.building.reserve(f"{self.id}_{suffix}") if suffix else self.id
        place = self.raw.get("position")
        position = None
        if isinstance(place, dict) and all(isinstance(place.get(k), int | float) for k in "xy"):
            position = float(place["x"]), float(place["y"])
        said = [str(self.raw.get("description") or ""), description]
        self.building.add(
            node_id, key, config, name=f"{self.name} {suffix}" if suffix else self.name,
            path=self.path, description="\n\n".join(each for each in said if each),
            input_params=input_params, position=position,
        )  # fmt: skip
        self.entries.append(node_id)
        return node_id


Translator: TypeAlias = Callable[[Step], Exits]


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def under(name: str, ours: str = "data") -> Convert:
    """The list that stands under another name there."""
    return lambda root: f"{{'{name}': {root}.{ours}}}"
