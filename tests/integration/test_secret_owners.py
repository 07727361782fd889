"""A secret is used by those whom the operator offers it to, and by nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.conftest import WaitUntil
from tests.support.command_line import Folder
from tests.support.gateway_server import Client, Clients, serving
from tests.support.in_process_cluster import InProcess, running
from tests.support.loopback_server import Answer, Loopback
from tests.support.loopback_server import serving as loopback_serving
from tests.support.workflows import Document, chain, node
from treadle.core.ids import new_id
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings

pytestmark = pytest.mark.slow

REQUEST, APPROVAL = "ACTION.HTTP_REQUEST", "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
URL = "https://a.example"
CHAT = "AI_AGENT.OPENAI_CHATGPT"
TOKEN = "tok-4711-4712"
BEARER = {"Authorization": "Bearer {{ secrets.shop }}"}

#: Every way in which a node names a secret: where, and its type and configurations.
USES: dict[str, tuple[str, dict[str, Any]]] = {
    "headers": (REQUEST, {"url": URL, "headers": BEARER}),
    "query_params": (REQUEST, {"url": URL, "query_params": {"k": "{{ secrets.shop }}"}}),
    "body": (REQUEST, {"url": URL, "body": ["{{ secrets.SHOP | upper }}"]}),
    "auth": (
        REQUEST,
        {"url": URL, "auth": {"type": "bearer", "token": "{{ 'x' ~ secrets.shop }}"}},
    ),
    "credential": (CHAT, {"user_prompt": "Hello", "credential": "{{ secrets.shop }}"}),
    "webhook_secret": (
        APPROVAL,
        {"title": "?", "channel_type": "webhook", "webhook_url": URL,
         "webhook_secret": "shop"},
    ),
}  # fmt: skip


def offering(settings: Settings, **offers: Any) -> Settings:
    """Return settings of an operator who offers these secrets."""
    return settings.model_copy(update={"offered_secrets": SecretOffers.model_validate(offers)})


@pytest.fixture
def clients(settings: Settings) -> Iterator[Clients]:
    """Return clients of a gateway whose operator offers `SHOP` to ada."""
    with serving(offering(settings, SHOP={"owners": ["ada"]})) as served, Clients(served) as made:
        yield made


def refused_at(place: str) -> float:
    """Return how often a secret was refused for its owner."""
    labels = {"place": place, "reason": "secret_not_offered"}
    return REGISTRY.get_sample_value("treadle_secrets_refused_total", labels) or 0.0


def using(place: str) -> Document:
    kind, configurations = USES[place]
    return chain(node("use", kind, configurations=configurations))


def problems(client: Client, document: Document) -> list[tuple[str, str]]:
    found = client.post("/v1/workflows/validate", document)["problems"]
    return [(each["path"], each["reason"]) for each in found]


def test_validate_says_what_the_gateway_would(settings: Settings, tmp_path: Path) -> None:
    """A command at a gateway does not know by itself what its account may use."""
    here = Folder(tmp_path)
    flow = here.write("flow.json", using("headers"))
    with serving(offering(settings, SHOP={"owners": ["ada"]})) as served:
        ways = [
            {"TREADLE_SERVER": served.url, "TREADLE_API_KEY": served.key(owner)}
            for owner in ("ada", "ben")
        ]
        ada, ben = (here.process("validate", flow, "--json", **way) for way in ways)

    assert (ada.code, ada.document["valid"]) == (0, True)
    assert (ben.code, ben.document["valid"]) == (1, False)
    (problem,) = ben.document["problems"]
    assert problem["path"] == "nodes[1].configurations.headers"
    assert problem["reason"] == "secret_not_offered"


@pytest.mark.parametrize("place", USES)
def test_a_workflow_with_a_secret_that_is_not_offered_is_refused(
    clients: Clients, place: str
) -> None:
    """Wherever it stands, by every way in; whose it is is let in."""
    ada, eve = clients.of("ada"), clients.of("eve")
    document = using(place)
    refused = (f"nodes[1].configurations.{place}", "secret_not_offered")

    assert (problems(ada, document), problems(eve, document)) == ([], [refused])
    stored = {**document, "metadata": {"id": f"w-{new_id()}", "name": "w"}}
    ada.post("/v1/workflows", stored, 201)
    for path, body in (
        ("/v1/workflows", stored),
        ("/v1/executions", {"workflow": document, "input": {}}),
    ):
        assert eve.refusal("POST", path, json=body) == (422, "workflow_invalid")
        told = eve.http.post(path, json=body).json()["error_details"]["problems"][0]
        assert told["path"].endswith(refused[0])
        assert '"shop" is not offered to "eve"' in told["message"].replace("SHOP", "shop")
        assert "TREADLE_OFFERED_SECRETS" in told["solution"]


def test_what_there_is_not_is_refused_as_what_is_not_offered(clients: Clients) -> None:
    """Nobody learns the names of the secrets of others by asking."""
    eve = clients.of("eve")
    headers = {"A": "{{ secrets.NOSUCH }}", "B": "{{ secrets.SHOP }}"}
    document = chain(node("use", REQUEST, configurations={"url": "https://a", "headers": headers}))

    found = eve.post("/v1/workflows/validate", document)["problems"]

    assert [each["reason"] for each in found] == ["secret_not_offered"] * len(found)
    assert found[0]["message"].replace("NOSUCH", "SHOP") == found[-1]["message"]


def test_of_many_refused_uses_some_are_reported_and_the_refusal_is_logged_once(
    clients: Clients, capsys: pytest.CaptureFixture[str]
) -> None:
    """A definition cannot make the answer, or the log, as large as it likes."""
    eve, before = clients.of("eve"), refused_at("submission")
    uses = [node(f"n{n}", REQUEST, configurations=USES["headers"][1]) for n in range(1_200)]

    assert eve.refusal("POST", "/v1/workflows", json=chain(*uses)) == (422, "workflow_invalid")

    found = eve.post("/v1/workflows/validate", chain(*uses))["problems"]
    assert len(found) == 1_000
    assert capsys.readouterr().out.count("secret.refused") == 1
    assert refused_at("submission") == before + 1


def test_a_stored_workflow_is_refused_once_its_secret_is_offered_no_more(
    settings: Settings,
) -> None:
    """Its versions stay; a new execution of one is refused."""
    document = {**using("headers"), "metadata": {"id": f"w-{new_id()}", "name": "w"}}
    body = {"workflow_id": document["metadata"]["id"], "input": {}}
    with serving(offering(settings, SHOP={"owners": "*"})) as served, Clients(served) as clients:
        clients.of("ada").post("/v1/workflows", document, 201)
        clients.of("ada").post("/v1/executions", body, 202)

    with serving(settings) as served, Clients(served) as clients:
        assert clients.of("ada").refusal("POST", "/v1/executions", json=body) == (
            422,
            "workflow_invalid",
        )


@pytest.fixture
def shop() -> Iterator[Loopback]:
    """Return a server that wants a token."""
    with loopback_serving() as made:
        made.on("/", Answer(200, {"Connection": "close"}))
        yield made


def run(client: InProcess, wait_until: WaitUntil, url: str, owner: str) -> dict[str, Any]:
    document = chain(node("use", REQUEST, configurations={"url": url, "headers": BEARER}))
    execution = client.submit(document, owner=owner)
    wait_until(lambda: client.has_ended(execution), timeout=20)
    shown = client.shown(execution)
    return next(each for each in shown["node_executions"] if each["node_id"] == "use")


def test_a_node_is_held_to_the_offer_again_when_it_runs(
    fresh_settings: Settings,
    shop: Loopback,
    wait_until: WaitUntil,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An offer may have changed since the workflow was taken; the secret does not go out."""
    monkeypatch.setenv("TREADLE_SECRET_SHOP", TOKEN)
    near = {"allowed_private_addresses": (ip_network("127.0.0.0/8"),)}
    settings = offering(fresh_settings, SHOP={"owners": ["ada"]}).model_copy(update=near)
    before = refused_at("attempt")
    with running(settings) as client:
        refused = run(client, wait_until, shop.url(), "eve")
        assert shop.seen == []
        done = run(client, wait_until, shop.url(), "ada")

    assert refused_at("attempt") == before + 1
    error = refused["error"]
    assert error["error_code"] == "secret_not_offered"
    assert (error["error_details"]["secret"], error["error_details"]["owner"]) == ("shop", "eve")
    assert TOKEN not in str(refused)
    assert done["status"] == "completed"
    assert shop.seen[0].headers["authorization"] == f"Bearer {TOKEN}"
    logged = capsys.readouterr().out
    assert "secrets.offered" in logged
    assert "['SHOP']" in logged
    assert TOKEN not in logged


def test_a_question_that_would_be_signed_by_a_secret_of_others_is_not_asked(
    fresh_settings: Settings, wait_until: WaitUntil
) -> None:
    """Its node fails, instead of a delivery that is tried until the question's end."""
    with running(offering(fresh_settings, SHOP={"owners": ["ada"]})) as client:
        execution = client.submit(using("webhook_secret"), owner="eve")
        wait_until(lambda: client.has_ended(execution), timeout=20)
        shown = client.shown(execution)

    assert shown["status"] == "ERROR"
    assert shown["error"]["error_details"]["reason"] == "secret_not_offered"
