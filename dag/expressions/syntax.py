"""What literals, names, access and operators must satisfy."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NoReturn

from jinja2 import nodes

from treadle.dag.expressions import tree
from treadle.dag.expressions.checker import Checker, Handler
from treadle.dag.expressions.errors import SecretNotAllowed
from treadle.dag.expressions.operators import ARITHMETIC, COMPARISONS
from treadle.dag.expressions.suggestions import did_you_mean
from treadle.dag.values import INTEGER_LIMIT

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "input": "what arrived at the node",
        "nodes": "the outputs of settled nodes, by id",
        "trigger": "the data of the trigger that fired",
        "execution": "the execution: id, workflow_id, scope, start_time (epoch ms), started_at",
        "item": "the element a loop or filter is at",
        "index": "the position of that element, from 0",
        "last": "what the previous turn of a LOOP put out",
        "secrets": "the secrets that the operator set, in fields that take them",
        "output": "what the source of a connection put out",
    }
)
"""All names, and what they hold; the context decides which may be used."""


def column(node: nodes.Node) -> int:
    """Return the 1-based column of a node; its `lineno` is an offset (see `lexing`)."""
    return node.lineno + 1


def constant(check: Checker, node: nodes.Const) -> tree.Node:
    """Accept a literal that JSON can represent."""
    value = node.value
    if isinstance(value, float) and not math.isfinite(value):
        check.refuse(node, "number_out_of_range: the number is too large")
    if value.__class__ is int and value >= INTEGER_LIMIT:
        check.refuse(
            node, "number_out_of_range: the number is not within ±2^63", "Write it as text."
        )
    return tree.Constant(column(node), value)


def name(check: Checker, node: nodes.Name) -> tree.Node:
    """Accept a name that exists here; `nodes` and `secrets` only with what follows them."""
    if node.name == "secrets":
        refuse_secrets(check, node)
    see(check, node)
    if node.name == "nodes":
        check.refuse(
            node, "`nodes` is read by a literal id", "Write `nodes.<id>` or `nodes['<id>']`."
        )
    return tree.Path(column(node), node.name, ())


def see(check: Checker, node: nodes.Name) -> None:
    """Record a name that is read, or refuse an unknown one."""
    if node.name in check.bound:
        return
    if node.name in check.context.names:
        check.facts.names.add(node.name)
        return
    if node.name == "null":
        check.refuse(node, "There is no name `null`", "Write `none` for JSON's null.")
    known = sorted(check.context.names | check.bound)
    if node.name in NAMES:
        problem = f"`{node.name}` ({NAMES[node.name]}) does not exist here"
    else:
        problem = f"There is no name `{node.name}`"
    check.refuse(
        node, problem, did_you_mean(node.name, known, f"Names here are: {', '.join(known)}.")
    )


def refuse_secrets(check: Checker, node: nodes.Node) -> NoReturn:
    """Refuse `secrets` without a literal name; where none is allowed at all, say that."""
    if not check.context.secrets_allowed:
        raise SecretNotAllowed(
            "A secret is not allowed here", expression=check.source, position=column(node)
        )
    check.refuse(node, "A secret is named literally", "Write `secrets.NAME`.")


def access(check: Checker, node: nodes.Getattr | nodes.Getitem) -> tree.Node:
    """Accept `container.key`, `container[key]` and slices; an attribute is always a key of data."""
    base, links = _literal_keys(check, node)
    if not links:
        assert isinstance(node, nodes.Getitem)
        return _subscript(check, node)
    if isinstance(base, nodes.Name) and base.name == "secrets":
        return _secret(check, base, links)
    keys = tuple(key for _, key in links)
    if isinstance(base, nodes.Name) and base.name == "nodes":
        return _node(check, base, keys)
    start = check.check(base)
    if isinstance(start, tree.Path):
        return tree.Path(start.at, start.name, (*start.keys, *keys))
    check.refuse_deeper(node, len(keys))
    for link, key in links:
        start = tree.Item(column(link), start, tree.Constant(column(link), key))
    return start


Link = tuple[nodes.Getattr | nodes.Getitem, str | int]


def _literal_keys(check: Checker, node: nodes.Expr) -> tuple[nodes.Expr, list[Link]]:
    """Return where a chain of literal keys starts, and the chain; it leans to the left."""
    links: list[Link] = []
    while True:
        if isinstance(node, nodes.Getattr):
            if node.attr.startswith("__"):
                _refuse_private(check, node)
            links.append((node, node.attr))
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
            if node.arg.value.__class__ not in (str, int):
                break
            links.append((node, node.arg.value))
        else:
            break
        node = node.node
    return node, links[::-1]


def _refuse_private(check: Checker, node: nodes.Getattr) -> NoReturn:
    check.refuse(
        node,
        f"`.{node.attr}` is not readable: attributes are keys of the data",
        f"Write ['{node.attr}'] if the data has a key of that name.",
    )


def _subscript(check: Checker, node: nodes.Getitem) -> tree.Node:
    """Accept a slice, or a key that is computed."""
    if isinstance(node.arg, nodes.Slice):
        return _slice(check, node, node.arg)
    if isinstance(node.arg, nodes.Tuple):
        check.refuse(node, "A subscript takes one key")
    return tree.Item(column(node), check.check(node.node), check.check(node.arg))


def _secret(check: Checker, base: nodes.Name, links: list[Link]) -> tree.Node:
    first = links[0][0]
    if not check.context.secrets_allowed or not isinstance(first, nodes.Getattr):
        refuse_secrets(check, base)
    check.facts.names.add("secrets")
    check.facts.secrets.add(first.attr)
    return tree.Path(column(base), "secrets", tuple(key for _, key in links))


def _node(check: Checker, base: nodes.Name, keys: tuple[str | int, ...]) -> tree.Node:
    """Accept the id of a node with an output that may be read here."""
    see(check, base)
    node_id = keys[0]
    if not isinstance(node_id, str):
        return name(check, base)
    if node_id not in check.context.node_ids:
        check.refuse(
            base,
            f"There is no node `{node_id}` that can be read here",
            did_you_mean(
                node_id,
                check.context.node_ids,
                "Only nodes that come before this one can be read.",
            ),
        )
    check.facts.nodes.add(node_id)
    return tree.Path(column(base), "nodes", keys)


def _slice(check: Checker, node: nodes.Getitem, which: nodes.Slice) -> tree.Node:
    at = column(node)
    start, stop, step = (
        tree.Constant(at, None) if bound is None else check.check(bound)
        for bound in (which.start, which.stop, which.step)
    )
    return tree.Part(at, check.check(node.node), start, stop, step)


def arithmetic(check: Checker, node: nodes.BinExpr) -> tree.Node:
    """Flatten a chain, which Jinja parses as a left-leaning tree."""
    links: list[nodes.BinExpr] = []
    first: nodes.Expr = node
    while isinstance(first, nodes.BinExpr) and type(first).__name__ in ARITHMETIC:
        links.append(first)
        first = first.left
    rest = tuple((type(link).__name__, check.check(link.right)) for link in reversed(links))
    start = check.check(first)
    return tree.Arithmetic(start.at, start, rest)


def logic(check: Checker, node: nodes.And | nodes.Or) -> tree.Node:
    """Flatten a chain of one logical operator."""
    operator: Literal["and", "or"] = "and" if isinstance(node, nodes.And) else "or"
    operands: list[nodes.Expr] = []
    first: nodes.Expr = node
    while type(first) is type(node):
        operands.append(first.right)
        first = first.left
    operands.append(first)
    return tree.Logic(column(node), operator, tuple(map(check.check, reversed(operands))))


def unary(check: Checker, node: nodes.UnaryExpr) -> tree.Node:
    """Accept `-x`, `+x` and `not x`; a negative number is a literal."""
    if isinstance(node, nodes.Not):
        return tree.Unary(column(node), "not", check.check(node.node))
    if isinstance(node, nodes.Pos):
        return tree.Unary(column(node), "pos", check.check(node.node))
    if isinstance(node.node, nodes.Const) and node.node.value == INTEGER_LIMIT:
        return tree.Constant(column(node), -INTEGER_LIMIT)
    return tree.Unary(column(node), "neg", check.check(node.node))


def comparison(check: Checker, node: nodes.Compare) -> tree.Node:
    """Accept a chain of comparisons."""
    rest = []
    for operand in node.ops:
        assert operand.op in COMPARISONS, operand.op
        rest.append((operand.op, check.check(operand.expr)))
    # Jinja places a comparison where it ends; ours is where it starts, as every operator's.
    first = check.check(node.expr)
    return tree.Comparison(first.at, first, tuple(rest))


def concatenation(check: Checker, node: nodes.Concat) -> tree.Node:
    """Accept `a ~ b`."""
    parts = tuple(map(check.check, node.nodes))
    return tree.Joined(parts[0].at, parts)


def choice(check: Checker, node: nodes.CondExpr) -> tree.Node:
    """Accept `a if test else b`."""
    no = None if node.expr2 is None else check.check(node.expr2)
    return tree.Choice(column(node), check.check(node.test), check.check(node.expr1), no)


def list_of(check: Checker, node: nodes.List | nodes.Tuple) -> tree.Node:
    """Accept a list; a tuple is one too."""
    return tree.ListOf(column(node), tuple(map(check.check, node.items)))


def object_of(check: Checker, node: nodes.Dict) -> tree.Node:
    """Accept an object; its keys are text."""
    entries = []
    for pair in node.items:
        if isinstance(pair.key, nodes.Const) and not isinstance(pair.key.value, str):
            check.refuse(pair.key, "The keys of an object are text", "Write the key in quotes.")
        entries.append((check.check(pair.key), check.check(pair.value)))
    return tree.ObjectOf(column(node), tuple(entries))


HANDLERS: Final[Mapping[type[nodes.Expr], Handler]] = MappingProxyType(
    {
        nodes.Const: constant,
        nodes.Name: name,
        nodes.Getattr: access,
        nodes.Getitem: access,
        nodes.Add: arithmetic,
        nodes.Sub: arithmetic,
        nodes.Mul: arithmetic,
        nodes.Div: arithmetic,
        nodes.FloorDiv: arithmetic,
        nodes.Mod: arithmetic,
        nodes.Pow: arithmetic,
        nodes.And: logic,
        nodes.Or: logic,
        nodes.Not: unary,
        nodes.Neg: unary,
        nodes.Pos: unary,
        nodes.Compare: comparison,
        nodes.Concat: concatenation,
        nodes.CondExpr: choice,
        nodes.List: list_of,
        nodes.Tuple: list_of,
        nodes.Dict: object_of,
    }
)
