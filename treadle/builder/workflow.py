"""A workflow written in Python: another view of the document that validation reads."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import ParamSpec

from treadle.builder.code import code
from treadle.builder.errors import WorkflowInvalid
from treadle.builder.expressions import Expression, expressions_in, literal, written
from treadle.builder.lines import calling_line
from treadle.builder.methods import Methods
from treadle.builder.nodes import Exit, Node, kind_of
from treadle.builder.picture import Picture
from treadle.builder.task_calls import params_of
from treadle.builder.wiring import hidden_names, wires
from treadle.core.errors import TreadleError
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow as Definition
from treadle.dag.specs import spec_of
from treadle.dag.specs.tasks import PYTHON_TASK
from treadle.dag.specs.triggers import MANUAL
from treadle.dag.validation import validate
from treadle.workers.tasks import TASKS, Task

if TYPE_CHECKING:
    from treadle.client import Run

P = ParamSpec("P")
Some = TypeVar("Some", bound=Node)

#: What a task's name may have and a node's id may not.
_NOT_IN_IDS = re.compile(r"[^A-Za-z0-9_-]|^(?=[0-9-])")
#: Members of a node in a definition that a method takes beside the configurations.
_OF_NODES = ("name", "description", "input_params")


class Workflow(Methods):
    """A workflow: a method for each node type makes a node; so does a task that is called.

    Args:
        name: Its name.
        id: Its id; the name if not given.
        metadata: What else `metadata` may say, such as `description` or `continue_on_failure`.
    """

    def __init__(self, name: str, *, id: str | None = None, **metadata: Any) -> None:  # noqa: A002
        self.metadata: dict[str, Any] = {"id": id or name, "name": name, **metadata}
        self.nodes: list[Node] = []
        self.formatted: list[Any] = []
        self.blocks: list[Any] = []
        self._triggers: list[str] = []
        self._connections: list[dict[str, Any]] = []
        self._members: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any] | str | bytes) -> Workflow:
        """Return the workflow of a definition; `to_json` gives it back.

        Raises:
            WorkflowInvalid: with every problem.
        """
        validation = validate(document)
        if validation.workflow is None:
            raise WorkflowInvalid.of("of the document", {}, [], validation.problems)
        stated = validation.workflow.model_dump(mode="json", exclude_unset=True)
        made = cls("")
        made.metadata, made._members = stated["metadata"], tuple(stated)
        made._triggers = list(stated.get("triggers", ()))
        made._connections = stated.get("connections", [])
        for each in stated["nodes"]:
            kind = kind_of(f"{each['type']}.{each['subtype']}")
            made.nodes.append(kind(made, each))
        nodes = {each.id: each for each in made.nodes}
        for each in made._connections:
            leading = Exit(nodes[each["from_node"]], each.get("output_key", "result"))
            nodes[each["to_node"]].entries.append((leading, None))
        for node in made.nodes:
            node.stated = len(node.entries)
        return made

    def __getitem__(self, node_id: str) -> Node:
        """Return a node by its id.

        Raises:
            KeyError: there is none.
        """
        for each in self.nodes:
            if each.id == node_id:
                return each
        raise KeyError(node_id)

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.metadata["id"])

    @property
    def input(self) -> Any:
        """The input of an execution: what its trigger puts out."""
        return Expression("trigger", workflow=self)

    def execution(self) -> Any:
        """Return what an execution knows of itself, such as its `id`."""
        return Expression("execution", workflow=self)

    def secret(self, name: str) -> Any:
        """Return a secret, for a field that takes secrets."""
        return Expression(f"secrets.{name}", workflow=self)

    def text(self, text: str) -> Any:
        """Return a text with values of the run in it as one value: `wf.text(f"{x} of {y}")`."""
        found = list(expressions_in(text))
        return Expression(
            literal(text),
            nodes=(node for each in found for node in each.nodes),
            names=(loop for each in found for loop in each.names),
            workflow=self,
        )

    def node(self, key: str, id: str, /, **fields: Any) -> Node:  # noqa: A002
        """Make a node of any type, `TYPE.SUBTYPE`; each node type has a method of its own too."""
        made: Node = self._node(key, id, fields)
        return made

    def call(
        self,
        id: str,  # noqa: A002
        function: Callable[P, Any],
        /,
        *arguments: P.args,
        **named: P.kwargs,
    ) -> Node:
        """Make a node that calls a task."""
        return self._call(id, TASKS.of(function), arguments, named)

    def _call(
        self,
        id: str | None,  # noqa: A002
        task: Task,
        arguments: Iterable[Any],
        named: Mapping[str, Any],
    ) -> Node:
        fields = {"task": task.name, "input_params": params_of(task, arguments, named)}
        node: Node = self._node(PYTHON_TASK.key, id or self._free_id(task.name), fields)
        return node

    def _free_id(self, name: str) -> str:
        """Return an id for a node that the program gave none: its task's name, or that numbered."""
        taken = {each.id for each in self.nodes}
        name = _NOT_IN_IDS.sub("_", name)
        numbered = (name if n == 1 else f"{name}_{n}" for n in count(1))
        return next(each for each in numbered if each not in taken)

    def _node(self, key: str, id: str, fields: Mapping[str, Any]) -> Any:  # noqa: A002
        kind, _, subtype = key.partition(".")
        document: dict[str, Any] = {"id": id, "name": id, "type": kind, "subtype": subtype}
        spec = spec_of(kind, subtype)
        shapes = dict(spec.shapes) if spec else {}
        own = spec.configurations.model_fields if spec else {}
        config: dict[str, Any] = {}
        found: list[Expression] = []
        for name, value in fields.items():
            found += expressions_in(value)
            if name in _OF_NODES and name not in own:
                document[name] = written(value)
            elif name in shapes:
                config[name], inside = code(value, shapes[name])
                found += inside
            else:
                config[name] = written(value)
        document["configurations"] = config
        node = kind_of(key)(
            self,
            document,
            calling_line(),
            frozenset(each for one in found for each in one.nodes),
            frozenset(each for one in found for each in one.names),
        )
        if self.blocks:
            node.entries.append((self.blocks[-1], None))
        self.nodes.append(node)
        if spec is not None and spec.is_trigger:
            self._triggers.append(id)
        return node

    def to_json(self) -> dict[str, Any]:
        """Return the definition as JSON.

        Raises:
            WorkflowInvalid: with every problem, and the line that made the node.
        """
        return self.definition().model_dump(mode="json", exclude_unset=True)

    def definition(self) -> Definition:
        """Return the definition as validation returns it.

        Raises:
            WorkflowInvalid: with every problem, and the line that made the node.
        """
        return self._graph().workflow

    def visualize(self) -> Picture:
        """Return a picture of it: `.svg`, `.mermaid`, and what a notebook shows.

        Raises:
            WorkflowInvalid: it is not valid.
        """
        return Picture(self._graph())

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        try:
            return self.visualize()._repr_mimebundle_()
        except TreadleError as error:  # a notebook shows what is not finished too
            return {"text/plain": f"{self!r}\n{error.message}"}

    def __repr__(self) -> str:
        return f"<workflow {self.id}, {len(self.nodes)} nodes>"

    def _graph(self) -> CompiledGraph:
        document, nodes = self._document(), self._ordered()
        validation = validate(document)
        problems = validation.problems
        if validation.graph is not None:
            problems = tuple(hidden_names(validation.graph, nodes))
        if validation.graph is None or problems:
            raise WorkflowInvalid.of(self.id, document, nodes, problems)
        return validation.graph

    def _ordered(self) -> list[Node]:
        return [*self._started(), *self.nodes]

    def _started(self) -> list[Node]:
        """Return the trigger that nobody made, if nobody made one."""
        if self._triggers:
            return []
        start = {"id": "start", "name": "start", "type": MANUAL.type, "subtype": MANUAL.subtype}
        return [Node(self, {**start, "configurations": {}})]

    def _document(self) -> dict[str, Any]:
        nodes = self._ordered()
        triggers = self._triggers or [nodes[0].id]
        trigger = next(each for each in nodes if each.id in triggers)
        made = [each for each in nodes if each.id not in triggers]
        document = {
            "metadata": self.metadata,
            "nodes": [each.document for each in nodes],
            "connections": [*self._connections, *(each.document for each in wires(made, trigger))],
            "triggers": triggers,
        }
        return {name: part for name, part in document.items() if part or name in self._members}

    def submit(self, input: Any = None, /, **values: Any) -> Run:  # noqa: A002
        """Run it once on the cluster that is found here, and return the run.

        Give the input as a whole or by its members. `Client.submit` takes more, such as a deadline.
        """
        from treadle.client import Client  # noqa: PLC0415 - an HTTP client takes time to import

        return Client().submit(self, values if input is None else input)


def _recorded(task: Task, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Node | None:
    """Make a node of a direct call of a task, if an argument is a value of a run."""
    for each in expressions_in([*arguments, named]):
        if isinstance(each.workflow, Workflow):
            return each.workflow._call(None, task, arguments, named)
    return None


TASKS.recorder = _recorded
