"""What an expression of n8n's can see where it stands, and its translation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto, unique
from typing import Any

from treadle.dag.problems import Step, json_path
from treadle.importing.javascript.parsing import parse
from treadle.importing.javascript.tree import Call, Constant, Member, Name, Tree, Untranslatable
from treadle.importing.javascript.writing import write
from treadle.importing.javascript.written import Kind, Written
from treadle.importing.report import Reason, Report
from treadle.importing.texts import key_path, literal, not_translated, plain, value_of

#: Longest expression that Treadle takes.
LONGEST = 4_096
_TEMPLATE = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_HINTS = {
    "$now": "`execution.started_at` is when the execution was submitted",
    "$today": "`execution.started_at` is when the execution was submitted",
    "$env": "pass the value as input, or set a secret",
    "$vars": "pass the value as input, or set a secret",
    "$binary": "binary data does not travel between nodes; write a `@task`",
    "DateTime": "filters such as `date_format` and `date_add` work on dates",
    "Date": "filters such as `date_format` and `date_add` work on dates",
}


@unique
class Items(Enum):
    """How many items n8n has there: one object, or a list of objects under `data`."""

    ONE = auto()
    MANY = auto()


@dataclass(frozen=True, slots=True)
class Read:
    """How the items of an earlier node are read."""

    text: str
    """An expression: the item if there is one, else the list."""
    items: Items


@dataclass(frozen=True, slots=True)
class Scope:
    """What is seen where a node stands."""

    report: Report
    path: tuple[Step, ...]
    """Where the node stands in the file."""
    json: str = "input"
    """The item at hand."""
    items: Items = Items.ONE
    """What arrives; of many, `json` is the item at hand only where each is looked at."""
    nodes: Mapping[str, Read] = field(default_factory=dict)
    """What of earlier nodes can be read, by their names in n8n."""
    index: str = "0"
    """The position of the item at hand."""
    workflow: str = ""
    """The workflow's name."""

    def per_item(self) -> Scope:
        """Return what is seen where each of many items is looked at in turn."""
        return replace(self, json="item", items=Items.ONE, index="index")

    def expression(self, value: Any, *steps: Step) -> str:
        """Write a parameter as a bare expression; one without a translation is refused later."""
        written = self._expression(value, steps)
        if len(written) > LONGEST:
            self._report(steps, "it is longer than an expression may be", str(value))
            return not_translated(str(value)[:200])
        return written

    def _expression(self, value: Any, steps: tuple[Step, ...]) -> str:
        if not isinstance(value, str) or not value.startswith("="):
            return value_of(value)
        parts = _TEMPLATE.split(value[1:])
        if len(parts) == 1:
            return literal(parts[0])
        if len(parts) == 3 and not parts[0] and not parts[2]:
            return self._translated(parts[1], steps).text
        written = [
            self._translated(part, steps).closed if index % 2 else literal(part)
            for index, part in enumerate(parts)
            if index % 2 or part
        ]
        self._mixed()
        return " ~ ".join(written if len(written) > 1 else ["''", *written])

    def template(self, value: Any, *steps: Step) -> Any:
        """Write a parameter, and all that it holds, as a template."""
        if isinstance(value, dict):
            return {key: self.template(each, *steps, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self.template(each, *steps, index) for index, each in enumerate(value)]
        if not isinstance(value, str):
            return value
        if not value.startswith("="):
            return plain(value)
        parts = _TEMPLATE.split(value[1:])
        if len(parts) > 1 and parts != ["", parts[1], ""]:
            self._mixed()
        return "".join(
            f"{{{{ {self._translated(part, steps).text} }}}}" if index % 2 else plain(part)
            for index, part in enumerate(parts)
        )

    def known(self, value: Any) -> str | None:
        """Return a text that is known before a run, `None` for an expression."""
        if isinstance(value, str) and value.startswith("="):
            return None if "{{" in value else value[1:]
        return value if isinstance(value, str) else None

    def _translated(self, source: str, steps: tuple[Step, ...]) -> Written:
        try:
            tree = parse(source)
            written = write(tree, self._read)
            if len(written.text) > LONGEST:
                raise Untranslatable("it is longer than an expression may be")
        except Untranslatable as untranslatable:
            self._report(steps, str(untranslatable), source)
            return Written(not_translated(source.strip()), Kind.ANY, tight=True)
        self.report.add(
            "",
            Reason.UNDEFINED_FAILS,
            "A value that is missing was empty; here an expression that reads one fails. Write"
            " `| default('')` where it may be missing.",
        )
        return written

    def _report(self, steps: tuple[Step, ...], why: str, source: str) -> None:
        hint = next((hint for name, hint in _HINTS.items() if name in source), "")
        self.report.add(
            json_path((*self.path, *steps)),
            Reason.EXPRESSION_NOT_TRANSLATED,
            f"The expression has no exact translation: {why}."
            + (f" Instead: {hint}." if hint else "")
            + " `treadle validate` names its place; write it anew (docs/expressions.md).",
        )

    def _mixed(self) -> None:
        self.report.add(
            "",
            Reason.TEXT_DIFFERS,
            "Inside text, null, lists and objects stand as JSON (`null`, `[1, 2]`).",
        )

    def _read(self, tree: Tree) -> Written | None:  # noqa: PLR0911 - one for each name
        """Read what n8n provides."""
        match tree:
            case Name("$json"):
                return self._item()
            case Name("$itemIndex"):
                return Written(self.index, Kind.NUMBER, tight=True)
            case Member(Name("$workflow"), Constant("name")):
                return Written(literal(self.workflow), Kind.TEXT, tight=True)
            case Member(Name("$workflow"), Constant("id")):
                return Written("execution.workflow_id", Kind.TEXT, tight=True)
            case Member(Name("$execution"), Constant("id")):
                return Written("execution.id", Kind.TEXT, tight=True)
            case Member(subject, Constant("json")):
                return self._json_of(subject)
            case Name(name) if name.startswith("$") and name not in ("$input", "$node", "$"):
                raise Untranslatable(f"`{name}` has no equivalent")
        return None

    def _item(self) -> Written:
        if self.items is Items.MANY:
            raise Untranslatable("there is no single item at that place")
        return Written(self.json, Kind.OBJECT, tight=True)

    def _json_of(self, tree: Tree) -> Written | None:  # noqa: PLR0911 - one for each form
        match tree:
            case Member(Name("$input"), Constant("item")):
                return self._item()
            case Call(Member(Name("$input"), Constant("first" | "last")), ()):
                if self.index != "0":
                    raise Untranslatable("all items are not seen where each is looked at in turn")
                return self._item()
            case Member(Name("$node"), Constant(str(name))):
                return self._of_node(name, "item")
            case Member(found, Constant("item")):
                return self._of_node(_named(found), "item")
            case Call(Member(found, Constant("first" | "last" as which)), ()):
                return self._of_node(_named(found), which)
            case Member(Call(Member(found, Constant("all")), ()), Constant(0)):
                return self._of_node(_named(found), "first")
            case Member(Call(Name("$items"), (Constant(str(name)),)), Constant(0)):
                return self._of_node(name, "first")
        return None

    def _of_node(self, name: str | None, which: str) -> Written | None:
        if name is None:
            return None
        read = self.nodes.get(name)
        if read is None:
            raise Untranslatable(f"{name!r} does not run before it, or inside another loop")
        if read.items is Items.ONE:
            return Written(read.text, Kind.OBJECT, tight=True)
        if which == "item":
            raise Untranslatable(f"{name!r} has many items, and which belongs to this is not kept")
        closed = read.text if "|" not in read.text else f"({read.text})"
        return Written(f"{closed}[{0 if which == 'first' else -1}]", Kind.OBJECT, tight=True)


def _named(tree: Tree) -> str | None:
    """Return the name in `$('A')` or `$node["A"]`."""
    match tree:
        case Call(Name("$" | "$items"), (Constant(str(name)),)):
            return name
        case Member(Name("$node"), Constant(str(name))):
            return name
    return None


Convert = Callable[[str], str]
"""Writes how the item, or the list of items, is read from a node's output of a given name."""


def same(root: str) -> str:
    """The output is the item itself."""
    return root


def under(*keys: str) -> Convert:
    """Return how an item is read that stands under keys of the output."""
    return lambda root: key_path(root, *keys)
