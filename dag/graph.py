"""A workflow compiled to run: what the ledger and the workers follow, once for each version.

`compile_graph` is for a definition that is known to be valid. Validation uses the same functions
(`compile_texts`, `assemble`) with a sink for problems, so what it accepts is what runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from treadle.core.errors import TreadleError
from treadle.core.gc_pause import gc_paused
from treadle.dag.compiled import (
    Configurations,
    Contexts,
    Place,
    Texts,
    compile_conversion,
    compile_texts,
)
from treadle.dag.expressions import Expression, Template
from treadle.dag.model import Node, Workflow, WorkflowMetadata
from treadle.dag.problems import Problem
from treadle.dag.specs import Join, Lane, NodeSpec, policy, running_spec_of
from treadle.dag.specs.loops import BODY_NAMES, LOOP_SPECS
from treadle.dag.topology import Link, Topology


class InvalidDefinition(TreadleError):
    """A workflow was compiled that validation would have refused."""

    reason = "invalid_workflow"
    solution = "Validate the workflow and fix the problems it reports."


@dataclass(frozen=True, slots=True)
class Edge:
    """A connection, compiled."""

    index: int
    """Its position among the workflow's connections."""
    source: str
    target: str
    output_key: str
    conversion: Expression | None
    """Evaluated at the target's claim."""
    from_loop: bool = False
    """Its source is a loop, so its value is `{results, count}` or `{item, index}`."""


@dataclass(frozen=True, slots=True)
class CompiledNode:
    """A node with everything a run needs to know about it."""

    node: Node
    spec: NodeSpec
    loop: str | None
    """The innermost loop around it; `None` in the root scope."""
    incoming: tuple[Edge, ...]
    """In the order of the connections; a join waits for all of them."""
    outgoing: Mapping[str, tuple[Edge, ...]]
    """By output key; keys without a connection are missing."""
    configurations: Configurations
    expressions: Mapping[str, Expression]
    """By dotted path within the configurations."""
    input_params: Template
    names: frozenset[str]
    """The names used in any text of the node, incoming conversions included."""
    nodes: frozenset[str]
    """The nodes whose outputs its texts read as `nodes.<id>`."""
    secrets: frozenset[str]
    lane: Lane
    queue: str
    """The queue it waits in when it is ready."""
    wait_any: bool
    """Whether it is ready at its first taken arrival."""
    max_retries: int
    retry_min: timedelta
    retry_max: timedelta
    timeout: timedelta

    @property
    def id(self) -> str:
        """The node's id."""
        return self.node.id

    @property
    def is_loop(self) -> bool:
        """Whether it opens scopes."""
        return self.spec in BODY_NAMES


@dataclass(frozen=True, slots=True)
class CompiledGraph:
    """A workflow version, compiled; immutable and shared by all its executions."""

    workflow: Workflow
    nodes: Mapping[str, CompiledNode]
    """By id, in the order of the definition."""
    triggers: tuple[str, ...]
    bodies: Mapping[str, frozenset[str]]
    """By loop: the nodes directly in its body, not those of loops inside it."""
    order: tuple[str, ...]
    """The node ids in topological order."""

    @property
    def continue_on_failure(self) -> bool:
        """Whether a failure skips what depends on it instead of ending the execution."""
        return self.workflow.metadata.continue_on_failure


def unread_graph(workflow_id: str) -> CompiledGraph:
    """Return the graph of a workflow of which nothing but its id is known, without nodes."""
    metadata = WorkflowMetadata.model_construct(id=workflow_id, name=workflow_id)
    workflow = Workflow.model_construct(metadata=metadata, nodes=(), connections=(), triggers=())
    return CompiledGraph(workflow=workflow, nodes={}, triggers=(), bodies={}, order=())


def places_of(
    contexts: Contexts, specs: Mapping[str, NodeSpec], topology: Topology
) -> dict[str, Place]:
    """Return for each node what its texts may use, given the specs by node id."""
    seen: dict[str | None, frozenset[str]] = {None: frozenset()}

    def names_in(loop: str | None) -> frozenset[str]:
        trail = []
        while loop not in seen:
            trail.append(loop)
            loop = topology.loop_of(loop) if loop is not None else None
        for each in reversed(trail):
            seen[each] = seen[loop] | BODY_NAMES[specs[str(each)]]
            loop = each
        return seen[loop]

    return {each: Place(contexts, names_in(topology.loop_of(each))) for each in specs}


def compile_graph(workflow: Workflow) -> CompiledGraph:
    """Compile a valid workflow, as it was written or as it was published.

    Raises:
        InvalidDefinition: `invalid_workflow`: it is not valid; the message has the first problem.
    """
    with gc_paused():
        return _compiled_graph(workflow)


def _compiled_graph(workflow: Workflow) -> CompiledGraph:
    specs: dict[str, NodeSpec] = {}
    for node in workflow.nodes:
        spec = running_spec_of(node.type, node.subtype)
        if spec is None or not spec.available:
            raise InvalidDefinition(f"{node.type}.{node.subtype} cannot run here.", node_id=node.id)
        if _is_newer(node.spec_version, spec.version):
            raise InvalidDefinition(
                f"{spec.key} is of version {node.spec_version}; here it is {spec.version}.",
                node_id=node.id,
            )
        specs[node.id] = spec
    loops = frozenset(each for each, spec in specs.items() if spec in LOOP_SPECS)
    links = [
        Link(index, each.from_node, each.to_node, each.output_key)
        for index, each in enumerate(workflow.connections)
    ]
    topology = Topology(specs, links, workflow.triggers, loops)
    problems: list[Problem] = []
    places = places_of(Contexts(frozenset(specs)), specs, topology)
    texts = {
        node.id: compile_texts(
            node.configurations,
            node.input_params,
            specs[node.id],
            places[node.id],
            problems.append,
        )
        for node in workflow.nodes
    }
    conversions = {}
    for index, each in enumerate(workflow.connections):
        place = places[each.to_node]
        conversion = compile_conversion(each.conversion_function, place, problems.append)
        if conversion is not None:
            conversions[index] = conversion
    if problems or topology.cycle():
        what = problems[0].message if problems else "Its connections form a cycle."
        raise InvalidDefinition(f"The workflow cannot be compiled: {what}")
    return assemble(workflow, specs, topology, texts, conversions)


def _is_newer(version: str | None, than: str) -> bool:
    """Return whether a node's spec is newer than this release's: it may have fields of its own."""
    return version is not None and _numbers(version) > _numbers(than)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdecimal()]


def assemble(
    workflow: Workflow,
    specs: Mapping[str, NodeSpec],
    topology: Topology,
    texts: Mapping[str, Texts],
    conversions: Mapping[int, Expression],
) -> CompiledGraph:
    """Build a compiled graph from parts without problems."""
    incoming: dict[str, list[Edge]] = defaultdict(list)
    outgoing: dict[str, list[Edge]] = defaultdict(list)
    for index, each in enumerate(workflow.connections):
        edge = Edge(
            index,
            each.from_node,
            each.to_node,
            each.output_key,
            conversions.get(index),
            from_loop=specs[each.from_node] in BODY_NAMES,
        )
        incoming[edge.target].append(edge)
        outgoing[edge.source].append(edge)
    nodes = {
        node.id: _compiled(
            node,
            specs[node.id],
            topology.loop_of(node.id),
            (tuple(incoming[node.id]), _by_key(outgoing[node.id])),
            texts[node.id],
        )
        for node in workflow.nodes
    }
    bodies: dict[str, set[str]] = {each: set() for each, node in nodes.items() if node.is_loop}
    for node_id, compiled in nodes.items():
        if compiled.loop is not None:
            bodies[compiled.loop].add(node_id)
    return CompiledGraph(
        workflow=workflow,
        nodes=nodes,
        triggers=workflow.triggers,
        bodies={loop: frozenset(body) for loop, body in bodies.items()},
        order=topology.order,
    )


def _by_key(edges: list[Edge]) -> dict[str, tuple[Edge, ...]]:
    by_key: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        by_key[edge.output_key].append(edge)
    return {key: tuple(each) for key, each in by_key.items()}


def _compiled(
    node: Node,
    spec: NodeSpec,
    loop: str | None,
    edges: tuple[tuple[Edge, ...], Mapping[str, tuple[Edge, ...]]],
    texts: Texts,
) -> CompiledNode:
    incoming, outgoing = edges
    limits = policy(texts.configurations.literal)
    readers: list[Expression | Template] = [
        *texts.expressions.values(),
        *texts.configurations.templates.values(),
        texts.input_params,
        *(edge.conversion for edge in incoming if edge.conversion is not None),
    ]
    nothing = frozenset[str]()
    return CompiledNode(
        node=node,
        spec=spec,
        loop=loop,
        incoming=incoming,
        outgoing=outgoing,
        configurations=texts.configurations,
        expressions=texts.expressions,
        input_params=texts.input_params,
        names=nothing.union(*(reader.names for reader in readers)),
        nodes=nothing.union(*(reader.nodes for reader in readers)),
        secrets=nothing.union(*(reader.secrets for reader in readers)),
        lane=spec.lane,
        queue=spec.queue(node.configurations),
        wait_any=spec.join(node.configurations) is Join.ANY,
        max_retries=limits.max_retries,
        retry_min=limits.retry_min,
        retry_max=limits.retry_max,
        timeout=limits.timeout,
    )
