"""The gate: no route answers without a key that fits, and none tells of what is another's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.gateway_server import Client, Clients, Served
from tests.support.ledger_driver import Hand
from tests.support.workflows import chain, node
from treadle.core.ids import new_id
from treadle.core.postgres import connect
from treadle.core.settings import Settings
from treadle.gateway.app import build
from treadle.gateway.ownership import OWNED
from treadle.gateway.routing import GatedRoute, RouteIncomplete, Routes
from treadle.ledger.views import keys
from treadle.wire.keys import Scope

GATED = [
    route
    for route in build(
        Settings(configured_database_url="postgresql://", configured_redis_url="redis://")
    ).routes
    if isinstance(route, GatedRoute)
]
"""Every route behind the gate, as the app has them: a new one is tested without being named."""

#: Parameters of a path that name nothing, with a value that fits.
PLAIN = {
    "node_id": "ask",
    "number": "1",
    "node_type": "FLOW",
    "node_subtype": "IF",
}


def each_request() -> list[tuple[str, GatedRoute]]:
    """Return every method and route."""
    return [(method, route) for route in GATED for method in sorted(route.methods or ())]


def path_of(route: GatedRoute, **values: str) -> str:
    """Return a route's path with its parameters filled in."""
    return re.sub(r"{(\w+)}", lambda found: {**PLAIN, **values}[found[1]], route.path_format)


class Things:
    """One of everything that an account can have."""

    def __init__(self, client: Client, hand: Hand, owner: str) -> None:
        self.workflow = chain(node("ask"))
        self.workflow["metadata"]["id"] = f"w-{new_id()}"
        execution = hand.submit(self.workflow, {"secret": "of ada"}, owner=owner)
        question = hand.ask(execution, "ask")
        hand.answer(question)
        self.ids = {
            "execution_id": str(execution),
            "interaction_id": str(question),
            "plan_id": str(execution),
            "workflow_id": str(self.workflow["metadata"]["id"]),
            "key_id": str(client.post("/v1/keys", {"scopes": ["read"]}, 201)["id"]),
        }


@pytest.fixture
def served(standing_gateway: Served) -> Served:
    """Share one gateway: keys and refusals are all that these tests leave."""
    return standing_gateway


@pytest.fixture
def things(clients: Clients, hand: Hand) -> Things:
    """Return what ada has, on a gateway that has nothing else of hers."""
    owner = f"ada-{new_id()}"
    return Things(clients.of(owner), hand, owner)


def test_every_kind_of_thing_that_a_path_names_is_tried() -> None:
    """What the gate knows of is what the tests here make one of."""
    named = {name for route in GATED for name in route.param_convertors}

    assert named - PLAIN.keys() <= OWNED.keys()
    assert len(GATED) > 20


def test_no_route_answers_without_a_key(clients: Clients) -> None:
    """Not even whether there is what the path names, and before any body is read."""
    client = clients.without_key()

    for method, route in each_request():
        path = path_of(route, **dict.fromkeys(OWNED, str(new_id())))
        assert client.refusal(method, path) == (401, "key_missing"), route


@pytest.mark.parametrize(
    "key", ["nonsense", "tk_", "tk__", "tk_00_00", "tk_é_ü", "tk_0000000000000000_A"]
)
def test_a_key_that_is_none_is_refused(clients: Clients, key: str) -> None:
    """Whatever it looks like."""
    client = clients.without_key()
    headers = {"Authorization": f"Bearer {key}".encode()}

    assert client.refusal("GET", "/v1/executions", headers=headers) == (401, "key_invalid")


def test_no_route_answers_a_key_of_the_wrong_scope(clients: Clients) -> None:
    """A key may do what its scopes say, and nothing besides."""
    by_scope = {scope: clients.of("ada", scope) for scope in Scope}

    for method, route in each_request():
        path = path_of(route, **dict.fromkeys(OWNED, str(new_id())))
        for scope, client in by_scope.items():
            if scope is not route.scope_needed:
                assert client.refusal(method, path) == (403, "scope_missing"), (route, scope)


def test_a_revoked_key_is_refused_at_once(
    clients: Clients, served: Served, settings: Settings
) -> None:
    """The next request with it, whichever gateway it goes to."""
    key = served.key("ada")
    client = clients.with_key(key)
    client.get("/v1/executions")

    with connect(settings.database_url, autocommit=True) as connection:
        keys.revoke(connection, key.split("_")[1])

    assert client.refusal("GET", "/v1/executions") == (401, "key_invalid")


def test_an_expired_key_is_refused(ada: Client, clients: Clients, settings: Settings) -> None:
    """By the ledger's clock."""
    made = ada.post("/v1/keys", {"scopes": ["read"], "valid_seconds": 3600}, 201)
    client = clients.with_key(made["key"])
    client.get("/v1/executions")

    with connect(settings.database_url, autocommit=True) as connection:
        past = "update api_keys set expires_at = now() - interval '1 s' where id = %s"
        connection.execute(past, (made["id"],))

    assert client.refusal("GET", "/v1/executions") == (401, "key_invalid")


def test_a_key_is_kept_as_a_hash_alone(ada: Client, settings: Settings) -> None:
    """Whoever reads the database cannot use what is in it (invariant 10)."""
    made = ada.post("/v1/keys", {"scopes": ["read"]}, 201)

    with connect(settings.database_url, autocommit=True) as connection:
        (row,) = connection.execute(
            "select to_jsonb(k)::text from api_keys k where id = %s", (made["id"],)
        ).fetchall()
    _, key_id, secret = made["key"].split("_", 2)
    assert key_id in row[0]
    assert secret not in row[0]


def test_what_is_anothers_is_not_found(clients: Clients, things: Things) -> None:
    """By every route that names a thing, with every scope: as if it were not there."""
    eve = clients.of(f"eve-{new_id()}")

    for method, route in each_request():
        if not route.param_convertors.keys() & OWNED.keys():
            continue
        told = refused(eve, method, route, things.ids)
        absent = refused(eve, method, route, dict.fromkeys(OWNED, str(new_id())))
        assert told == absent, route
        assert told[0] in (404, 501), route


def test_what_is_anothers_is_in_no_list(clients: Clients, things: Things) -> None:
    """No route without a thing in its path returns anything of another account."""
    eve = clients.of(f"eve-{new_id()}")

    for method, route in each_request():
        if route.param_convertors or method != "GET":
            continue
        answer = eve.http.get(route.path)
        assert answer.status_code in (200, 501), route
        for each in things.ids.values():
            assert each not in answer.text, route


def test_what_is_anothers_cannot_be_asked_for_by_a_query(clients: Clients, things: Things) -> None:
    """A filter by another's execution is refused as if it were not there."""
    eve = clients.of(f"eve-{new_id()}")

    for method, route in each_request():
        for field in route.dependant.query_params:
            if field.alias in OWNED and method == "GET" and not route.param_convertors:
                answer = eve.http.get(route.path, params={field.alias: things.ids[field.alias]})
                assert things.ids["execution_id"] not in answer.json().get("executions", []), route
                if field.alias != "workflow_id":  # means something only together with its owner
                    assert answer.status_code == 404, route


def test_what_is_anothers_cannot_be_run(clients: Clients, things: Things) -> None:
    """A body that names another's workflow or plan names nothing."""
    eve = clients.of(f"eve-{new_id()}")

    for name, reason in (("workflow_id", "workflow_not_found"), ("plan_id", "plan_not_found")):
        told = eve.refusal("POST", "/v1/executions", json={name: things.ids[name]})
        assert told == (404, reason)


def test_the_owner_finds_all_of_it(clients: Clients, hand: Hand) -> None:
    """What the tests above do not find is there."""
    owner = f"ada-{new_id()}"
    client = clients.of(owner)
    things = Things(client, hand, owner)

    for method, route in each_request():
        if method == "GET" and route.include_in_schema and "plan_id" not in route.param_convertors:
            answer = client.http.get(path_of(route, **things.ids))
            assert answer.status_code == 200, (route, answer.text)
    assert client.post(f"/v1/keys/{things.ids['key_id']}", status=405)["status"] == 405
    assert client.http.delete(f"/v1/keys/{things.ids['key_id']}").status_code == 200


def test_a_route_that_does_not_say_who_may_call_cannot_be_made() -> None:
    """Nor one whose path names what the gate does not know."""
    routes = Routes("test")

    def open_to_all() -> None:
        """Ask nobody."""

    def of_unknown(gadget_id: str, caller: Any) -> None:
        """Name a thing of nobody knows whom."""

    from treadle.gateway.auth import Reader  # noqa: PLC0415 - annotated below

    of_unknown.__annotations__["caller"] = Reader
    with pytest.raises(RouteIncomplete, match="who may call"):
        routes.get("/open")(open_to_all)
    with pytest.raises(RouteIncomplete, match="gadget_id"):
        routes.get("/gadgets/{gadget_id}")(of_unknown)


def refused(client: Client, method: str, route: GatedRoute, ids: dict[str, str]) -> tuple[int, str]:
    """Return status and reason of a refusal; what takes a body gets a workflow of that id."""
    body = chain(node("ask"))
    body["metadata"]["id"] = ids["workflow_id"]
    return client.refusal(method, path_of(route, **ids), json=body if method == "POST" else None)
