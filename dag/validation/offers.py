"""Whether an owner may use the secrets that a workflow names, and send them where it does.

Apart from `validate`, because it depends on whose workflow it is and on what the operator offers
today. A node is held to the same when it runs; here only hosts are known that stand in the
definition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice
from urllib.parse import urlsplit

from treadle.core.hosts import BoundSecret, refusing
from treadle.core.secret_offers import SecretOffers
from treadle.dag.graph import CompiledGraph, CompiledNode
from treadle.dag.limits import Limits
from treadle.dag.problems import Problem, quoted
from treadle.dag.specs import NodeSpec
from treadle.dag.validation.validate import Validation

NOT_OFFERED = "secret_not_offered"
NOT_FOR_HOST = "secret_not_for_host"


def for_owner(validation: Validation, owner: str, offers: SecretOffers) -> Validation:
    """Return a validation with what an owner may not do with secrets among its problems."""
    if validation.graph is None:
        return validation
    problems = refused_secrets(validation.graph, owner, offers)
    if not problems:
        return validation
    return replace(validation, workflow=None, graph=None, problems=problems)


def refused_secrets(graph: CompiledGraph, owner: str, offers: SecretOffers) -> tuple[Problem, ...]:
    """Return the uses of secrets that are not offered to an owner, or not for their hosts.

    Of many, as many as any validation reports.
    """
    found = (
        problem.under("nodes", index)
        for index, node in enumerate(graph.nodes.values())
        if node.secrets or secret_fields(node.spec)
        for problem in _of_node(node, owner, offers)
    )
    return tuple(islice(found, Limits().problems))


@cache
def secret_fields(spec: NodeSpec) -> tuple[str, ...]:
    """Return the fields of a node type that are names of secrets."""
    return tuple(name for name, plan in spec.fields.items() if plan.names_secret)


def _of_node(node: CompiledNode, owner: str, offers: SecretOffers) -> Iterator[Problem]:
    named = secrets_named(node)
    for field, names in named.items():
        for name in sorted(names):
            if not offers.is_offered(name, owner):
                yield not_offered(f"configurations.{field}", name, owner)
    bound = offers.bound(frozenset[str]().union(*named.values()))
    for field, plan in node.spec.fields.items():
        address = node.configurations.literal.get(field)
        if bound and plan.address and isinstance(address, str):
            yield from _elsewhere(f"configurations.{field}", address, bound)


def secrets_named(node: CompiledNode) -> dict[str, frozenset[str]]:
    """Return the secrets that a node names, by field of its configurations."""
    found = {field: each.secrets for field, each in node.configurations.templates.items()}
    for field in secret_fields(node.spec):
        name = node.configurations.literal.get(field)
        if isinstance(name, str):
            found[field] = frozenset({name})
    return {field: names for field, names in found.items() if names}


def not_offered(path: str, name: str, owner: str) -> Problem:
    """Return the problem of a secret that an owner may not use, whether or not there is one."""
    message = f"The secret {quoted(name)} is not offered to {quoted(owner)}."
    solution = (
        "Use a secret that is, or ask the operator to add this account to its `owners` in"
        " TREADLE_OFFERED_SECRETS of all processes."
    )
    return Problem(path, NOT_OFFERED, message, solution)


def _elsewhere(path: str, address: str, bound: Collection[BoundSecret]) -> Iterator[Problem]:
    """Yield the problem of an address that a secret of its node may not be sent to."""
    try:
        split = urlsplit(address)
        host, port = split.hostname or "", split.port
        refused = refusing(bound, host, port or {"http": 80, "https": 443}.get(split.scheme))
    except ValueError:
        return  # no address; the node says so when it runs
    if refused is not None:
        hosts = ", ".join(map(str, refused.hosts))
        message = f"The secret {quoted(refused.name)} may not be sent to {quoted(host)}."
        yield Problem(path, NOT_FOR_HOST, message, f"Call one of its hosts: {hosts}.")
