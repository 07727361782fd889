"""Loop bodies against an independent account of dominators, on random graphs."""

from __future__ import annotations

from typing import TypeAlias

import networkx as nx
from hypothesis import given, settings
from hypothesis import strategies as st

from treadle.dag.topology import Link, Topology

SETTINGS = settings(max_examples=200, deadline=None, derandomize=True)


Drawn: TypeAlias = tuple[list[str], list[Link], frozenset[str]]


@st.composite
def graphs(draw: st.DrawFn, *, cyclic: bool = False) -> Drawn:
    """Return nodes, links and which of the nodes are loops; the first node is the trigger.

    Every node but the first is led to from one before it, so that most are reached and many stand
    in bodies, some several loops deep; further links join, escape, or close cycles.
    """
    count = draw(st.integers(3, 14))
    names = [f"n{index}" for index in range(count)]
    loops = frozenset(name for name in names[1:] if draw(st.booleans()))
    pairs = [(draw(st.integers(max(0, index - 3), index - 1)), index) for index in range(1, count)]
    some = st.integers(0, count - 1)
    pairs += draw(st.lists(st.tuples(some, some), max_size=5))
    links: list[Link] = []
    for one, two in pairs:
        low, high = (one, two) if cyclic else (min(one, two), max(one, two))
        if low != high:
            inside = draw(st.integers(0, 3)) > 0
            key = ("body" if inside else "done") if names[low] in loops else "result"
            links.append(Link(len(links), names[low], names[high], key))
    return names, links, loops


def body_by_dominators(
    names: list[str], links: list[Link], loops: frozenset[str]
) -> dict[str, str | None]:
    """For each reachable node, the innermost loop whose body vertex dominates it."""
    graph: nx.DiGraph[tuple[str, str]] = nx.DiGraph()
    graph.add_nodes_from((name, "") for name in names)
    graph.add_edges_from(((loop, ""), (loop, "body")) for loop in loops)
    for link in links:
        leaves = "body" if link.source in loops and link.output_key == "body" else ""
        graph.add_edge((link.source, leaves), (link.target, ""))
    root = (names[0], "")
    above = nx.immediate_dominators(graph, root)
    found = {}
    for name in names:
        here = (name, "")
        if here not in above and here != root:
            continue
        while here != root and above[here][1] == "":
            here = above[here]
        found[name] = None if here == root else above[here][0]
    return found


@SETTINGS
@given(graphs())
def test_a_body_is_what_its_exit_dominates(graph: Drawn) -> None:
    """One pass in topological order finds what networkx finds by dominators."""
    names, links, loops = graph
    topology = Topology(names, links, names[:1], loops)
    expected = body_by_dominators(names, links, loops)

    assert {name: topology.loop_of(name) for name in expected} == expected
    assert topology.reachable == set(expected)


@SETTINGS
@given(graphs())
def test_every_link_leads_forward_where_there_is_no_cycle(graph: Drawn) -> None:
    """The order has every node once, and `upstream` is what some path leads from."""
    names, links, loops = graph
    topology = Topology(names, links, names[:1], loops)
    position = {name: index for index, name in enumerate(topology.order)}
    plain: nx.DiGraph[str] = nx.DiGraph([(link.source, link.target) for link in links])
    plain.add_nodes_from(names)

    assert topology.cycle() == []
    assert sorted(topology.order) == sorted(names)
    assert all(position[link.source] < position[link.target] for link in links)
    upstream = topology.upstream()
    for name in names:
        before = {each for each in names if upstream[name] >> position[each] & 1}
        assert before == nx.ancestors(plain, name)


@SETTINGS
@given(graphs(cyclic=True))
def test_a_cycle_is_found_exactly_where_there_is_one(graph: Drawn) -> None:
    """And what is named is one: each node leads to the next."""
    names, links, loops = graph
    topology = Topology(names, links, names[:1], loops)
    edges = {(link.source, link.target) for link in links}
    cycle = topology.cycle()

    assert bool(cycle) != nx.is_directed_acyclic_graph(nx.DiGraph(list(edges)))
    for one, two in zip(cycle, [*cycle[1:], *cycle[:1]], strict=True):
        assert (one, two) in edges
    topology.leaving()
