"""A secret that is bound to hosts goes to no other, whatever carries it or leads there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.attempts import attempt_of
from tests.support.loopback_server import Answer, Loopback, serving
from tests.support.model_servers import providing
from tests.support.workflows import chain, node, valid
from treadle.core.dialer import AddressPolicy, Dialer, OutgoingRequest
from treadle.core.dialer.errors import SecretNotForHost
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings
from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs import AVAILABLE
from treadle.dag.validation import for_owner
from treadle.workers.nodes.http.request import http_request
from treadle.workers.nodes.implementation import Services
from treadle.workers.nodes.models.agents import model_calls

REQUEST, CHAT = "ACTION.HTTP_REQUEST", "AI_AGENT.OPENAI_CHATGPT"
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
TOKEN = "tok-4711-4712"
NEAR = AddressPolicy((ip_network("127.0.0.0/8"), ip_network("::1/128")))
CARRIED: dict[str, dict[str, Any]] = {
    "header": {"headers": {"X-Key": "{{ secrets.shop }}"}},
    "derived": {"headers": {"X-Key": "{{ ('u:' ~ secrets.shop) | base64_encode }}"}},
    "query": {"query_params": {"k": "{{ secrets.shop }}"}},
    "body": {"method": "POST", "body": {"k": "{{ secrets.shop }}"}},
    "auth": {"auth": {"type": "bearer", "token": "{{ secrets.shop }}"}},
}


def offers(*hosts: str) -> SecretOffers:
    return SecretOffers.model_validate({"SHOP": {"owners": "*", "hosts": list(hosts)}})


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Return a server, which is reached as 127.0.0.1 and as localhost."""
    with serving() as made:
        made.on("/", Answer(200, {"Connection": "close"}))
        yield made


def call(url: str, *hosts: str, came: Any = None, **config: Any) -> Completed | Failed:
    """Carry out a request whose secret is bound to hosts."""
    attempt = attempt_of(REQUEST, {"url": url, **config}, came, secrets={"shop": TOKEN})

    async def once() -> Completed | Failed:
        dialer = Dialer(NEAR)
        try:
            services = Services(dialer, Settings(offered_secrets=offers(*hosts)))
            return await http_request(services)(attempt)
        finally:
            await dialer.aclose()

    return asyncio.run(once())


def reason(outcome: Completed | Failed) -> str:
    assert isinstance(outcome, Failed), outcome
    assert TOKEN not in str(outcome)
    return str(outcome.error["error_code"])


@pytest.mark.parametrize("carried", CARRIED)
def test_a_request_with_a_bound_secret_goes_to_its_hosts_alone(
    server: Loopback, carried: str
) -> None:
    """Whatever carries the secret, also an address that is known only when the node runs."""
    config = CARRIED[carried]

    assert isinstance(call(server.url(), "127.0.0.1", **config), Completed)
    assert len(server.seen) == 1
    for url in (server.url(host="localhost"), "{{ input.url }}", "http://127.0.0.1.evil.test/"):
        came = {"url": server.url(host="localhost")}
        assert reason(call(url, "127.0.0.1", came=came, **config)) == "secret_not_for_host"
    assert reason(call(server.url(), "127.0.0.1:1", **config)) == "secret_not_for_host"
    assert len(server.seen) == 1


def test_a_request_without_a_bound_secret_goes_anywhere(server: Loopback) -> None:
    """The binding is of the secret, not of the workflow."""
    assert isinstance(call(server.url(), "shop.example"), Completed)


@pytest.mark.parametrize("carried", CARRIED)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_not_followed(
    server: Loopback, carried: str, status: int
) -> None:
    """Not even without the header: what the server put into the address may be the secret."""
    elsewhere = server.url("/elsewhere?k=what-was-sent", host="localhost")
    url = server.on("/there", Answer(status, {"Location": elsewhere, "Connection": "close"}))

    assert reason(call(url, "127.0.0.1", **CARRIED[carried])) in (
        "secret_not_for_host",
        "redirect_not_safe",
    )
    assert [each.path.partition("?")[0] for each in server.seen] == ["/there"]


def test_a_host_header_leads_to_no_other_host(server: Loopback) -> None:
    """One front serves many names; the header says which is meant."""
    headers = {"Host": "evil.test", "X-Key": "{{ secrets.shop }}"}

    assert reason(call(server.url(), "127.0.0.1", headers=headers)) == "secret_not_for_host"
    assert server.seen == []


def test_every_opening_of_the_dialer_is_held_to_it(server: Loopback) -> None:
    """What reads the answer itself, as clients of models do, has no way around."""
    request = OutgoingRequest("GET", server.url(), bound=offers("shop.example").bound(["shop"]))

    async def both() -> None:
        dialer = Dialer(NEAR)
        for way in (dialer.send, dialer.open):
            with pytest.raises(SecretNotForHost) as refused:
                await way(request)
            assert refused.value.advice == "Call one of its hosts: shop.example."
        await dialer.aclose()

    asyncio.run(both())
    assert server.seen == []


@pytest.mark.parametrize("address", ["operators", "authors"])
def test_a_credential_goes_to_its_hosts_alone(address: str) -> None:
    """At the operator's address as at one of the workflow."""
    with providing() as provider:
        config = {"user_prompt": "Hello", "credential": "{{ secrets.shop }}"}
        if address == "authors":
            config["base_url"] = provider.url
        attempt = attempt_of(CHAT, config, secrets={"shop": TOKEN})
        settings = provider.settings(
            Settings(offered_secrets=offers("shop.example")), openai_api_key=SecretStr("sk-own")
        )

        async def once() -> Completed | Failed:
            return await model_calls(Services(Dialer(NEAR), settings))(attempt)

        assert reason(asyncio.run(once())) == "secret_not_for_host"
        assert provider.seen == []


@pytest.mark.parametrize(
    ("kind", "field", "config"),
    [
        (REQUEST, "url", CARRIED["auth"]),
        (CHAT, "base_url", {"user_prompt": "Hello", "credential": "{{ secrets.shop }}"}),
        (
            APPROVAL,
            "webhook_url",
            {"title": "?", "channel_type": "webhook", "webhook_secret": "shop"},
        ),
    ],
)
def test_a_host_that_stands_in_the_definition_is_refused_at_once(
    kind: str, field: str, config: dict[str, Any]
) -> None:
    """One that is known only when the node runs is not."""
    for url, reasons in (
        ("https://evil.test/x", ["secret_not_for_host"]),
        ("https://shop.example/x", []),
        ("{{ input.url }}", []),
    ):
        validation = valid(chain(node("n", kind, configurations={**config, field: url})))
        found = for_owner(validation, "ada", offers("shop.example"))

        assert [each.reason for each in found.problems] == reasons, url
        assert all(each.path == f"nodes[1].configurations.{field}" for each in found.problems)


def test_every_field_that_is_an_address_is_marked_as_one() -> None:
    """A new node type or channel with an address, or with a secret's name, says so."""
    for spec in AVAILABLE:
        for name, field in spec.fields.items():
            assert field.address == (name == "url" or name.endswith("_url")), (spec.key, name)
            assert field.names_secret == name.endswith("_secret"), (spec.key, name)
