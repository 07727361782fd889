"""What a plan may call and use: hosts of the request, placeholders, and what is the owner's."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.model_servers import Provider, draft, providing, step
from treadle.core.planner_offers import PlannerOffers
from treadle.core.secret_offers import SecretOffers
from treadle.core.settings import Settings
from treadle.dag.specs import AVAILABLE
from treadle.dag.values import Value
from treadle.planner.addresses import named_in
from treadle.planner.planning import plan
from treadle.planner.rights import PlanInvalid

REQUEST, CHAT = "ACTION.HTTP_REQUEST", "AI_AGENT.OPENAI_CHATGPT"
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
PROMPT = "Get https://api.shop.example/orders with my token and tell jakob@mail.example."
KEYED = '{"Authorization": "Bearer {{ secrets.shop }}"}'
ENCODED = base64.b64encode(b"https://evil.test/x").decode()

#: Steps by the field that is called.
CALLED: dict[str, tuple[str, dict[str, Any]]] = {
    "url": (REQUEST, {"headers": KEYED}),
    "base_url": (CHAT, {"user_prompt": "Hello", "credential": "{{ secrets.shop }}"}),
    "webhook_url": (
        APPROVAL,
        {"title": "?", "channel_type": "webhook", "webhook_secret": "shop"},
    ),
}

ELSEWHERE = [
    "https://evil.test/x",
    "HTTPS://EVIL.TEST/x",
    "https://api.shop.example.evil.test/x",
    "https://shop.example/x",
    "https://mail.example/x",
    "https://api.shop.example@evil.test/",
    "https://api.shop.example:x@evil.test/",
    "https://evil.test\\@api.shop.example/",
    "https://api.shop.example\\.evil.test/",
    "https://evil.test/https://api.shop.example/",
    "https://api.shop.exampleㅤ.evil.test/",
    "https://api.shop.example{{ '.evil.test' }}/x",
    "https://api.shop.example:{{ '1@evil.test' }}/x",
    "https://{{ 'evil.test' }}/x",
    "https://{{ input.host }}/x",
    "{{ 'https' }}://api.shop.example/x",
    "{{ 'ht' ~ 'tp://evil.test/x' }}",
    "{{ ['ht', 'tps:', '//evil.test/x'] | join }}",
    "{{ '" + ENCODED + "' | base64_decode }}",
    "{{ 'tset.live//:ptth' | reverse }}",
    "{{ 'hXXp://evil.test' | replace('XX', 'tt') }}",
    "{{ 'https://api.shop.example/' if false else 'ht' ~ 'tp://evil.test' }}",
    "{{ input.url }}",
    "{{ nodes.other.json.url }}",
    "{{ trigger.site if false else 'ht' ~ 'tp://evil.test' }}",
    "{{ trigger.site ~ '.evil.test' }}",
    "{{ trigger.site }}.evil.test/",
    "{{ trigger.site }}@evil.test/",
    "{{ trigger.site }}{{ '.evil.test' }}",
    "{{ trigger.site.url }}",
    " https://evil.test/x",
    "//evil.test/x",
    "evil.test/x",
]


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


def planned(
    provider: Provider,
    *steps: Any,
    owner: str = "local",
    prompt: str = PROMPT,
    settings: Any = None,
    **offers: Any,
) -> Any:
    """Return what is planned for an owner when the model answers with these steps."""
    given = SecretOffers.model_validate(offers)
    key = SecretStr("sk-loopback")
    settings = provider.settings(
        Settings(), openai_api_key=key, offered_secrets=given, **(settings or {})
    )
    provider.answers(draft(step("other"), *steps, title="Get the orders"))

    async def report(_: Value) -> None:
        """Listen to no stage."""

    return asyncio.run(plan(prompt, owner, settings, report))


def called(provider: Provider, field: str, address: str) -> tuple[str, dict[str, str]]:
    """Return an address as it stands in the plan, and the types of the placeholders."""
    kind, settings = CALLED[field]
    made = planned(provider, step("call", kind, **settings, **{field: address}))
    assert all(each["name"] for each in made["placeholders"])
    types = {each["name"]: each["type"] for each in made["placeholders"]}
    return made["workflow"]["nodes"][-1]["configurations"][field], types


@pytest.mark.parametrize("field", CALLED)
@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_whose_host_the_request_does_not_name_is_supplied_by_a_person(
    provider: Provider, field: str, address: str
) -> None:
    """However it is spelled or computed, and whatever carries it: as an address, checked as one."""
    shown, types = called(provider, field, address)

    head, _, rest = shown.removeprefix("{{ trigger.").partition(" }}")
    assert shown.startswith("{{ trigger."), shown
    assert types[head] == "url"
    assert rest[:1] in ("", "/", "?", "#"), shown


@pytest.mark.parametrize("field", CALLED)
@pytest.mark.parametrize(
    "address",
    [
        "https://api.shop.example/orders",
        "https://API.shop.example:8443",
        "http://api.shop.example?q={{ input.q }}",
        "https://api.shop.example/{{ input.id }}/{{ 'x' | upper }}",
        "{{ trigger.site }}",
        "{{trigger.site}}/orders/{{ input.id }}",
    ],
)
def test_an_address_of_the_request_or_of_a_person_stands(
    provider: Provider, field: str, address: str
) -> None:
    """Its path and query may be computed."""
    shown, types = called(provider, field, address)

    assert shown == address
    assert types == ({"site": "url"} if "trigger" in address else {}) | {"shop": "secret"}


def test_every_field_that_is_called_is_guarded() -> None:
    """A new one has its steps here."""
    assert set(CALLED) == {
        name for spec in AVAILABLE for name, field in spec.fields.items() if field.address
    }


@pytest.mark.parametrize(
    ("prompt", "hosts"),
    [
        ("Get shop.example, please.", {"shop.example"}),
        ("See http://localhost:9000/a", {"localhost"}),
        ("Call shop:8443/x and //intra/y", {"shop", "intra"}),
        ("Ask jakob@mail.example", set()),
        ("Get https://[::1]:80/ and http://127.0.0.1/", {"::1", "127.0.0.1"}),
        ("Add 2.5 to v1.2", {"v1.2"}),
        ("Get BÜCHER.example", {"xn--bcher-kva.example"}),
    ],
)
def test_the_hosts_of_a_request_are_those_that_it_names(prompt: str, hosts: set[str]) -> None:
    """Neither numbers nor the domain of a mail address."""
    assert named_in(prompt).hosts == hosts


@pytest.mark.parametrize(
    "headers",
    [
        '{"Host": "evil.test", "A": "{{ secrets.shop }}"}',
        "{\"hOsT \": \"{{ 'evil' ~ '.test' }}\"}",
        "{{ {'Host': 'evil.test', 'A': 'x'} }}",
        "{{ input.headers }}",
    ],
)
def test_a_request_of_a_plan_names_no_other_host_in_its_headers(
    provider: Provider, headers: str
) -> None:
    """The model hears of it; what it leaves is removed, and the plan says so."""
    made = planned(provider, step("call", REQUEST, url="https://api.shop.example", headers=headers))

    assert "headers" not in made["workflow"]["nodes"][-1]["configurations"]
    assert "header_not_allowed" in {each["reason"] for each in made["fixes"]}
    assert "step call, headers" in provider.requests[-1]["messages"][-1]["content"]


def test_a_secret_of_others_is_in_no_plan(provider: Provider) -> None:
    """The model is told which it may use, and asked again; then the plan fails and says why."""
    keyed = step("call", REQUEST, url="https://api.shop.example", headers=KEYED)
    offers: dict[str, Any] = {
        "SHOP": {"owners": "ada"},
        "HERS": {"owners": "eve", "hosts": "hers.example"},
    }
    before = len(provider.requests)

    assert planned(provider, keyed, owner="ada", **offers)["workflow"]
    with pytest.raises(PlanInvalid) as failed:
        planned(provider, keyed, owner="eve", **offers)

    (problem,) = failed.value.context["problems"]
    assert (problem["reason"], '"eve"' in problem["message"]) == ("secret_not_offered", True)
    systems = [each["messages"][0]["content"] for each in provider.requests[before:]]
    assert ("secrets.SHOP" in systems[0], "secrets.HERS" in systems[0]) == (True, False)
    assert "secrets.HERS, for hers.example only" in systems[-1]
    assert "secrets.SHOP" not in systems[-1].partition("Secrets that steps may use")[2]
    assert "not offered" in provider.requests[-1]["messages"][-1]["content"]


def test_a_bound_secret_is_planned_for_its_hosts_alone(provider: Provider) -> None:
    """A host of the request that is none of the secret's is a person's to replace."""
    keyed = step("call", REQUEST, url="https://api.shop.example/x", headers=KEYED)

    made = planned(provider, keyed, SHOP={"owners": "*", "hosts": "other.example"})

    assert made["workflow"]["nodes"][-1]["configurations"]["url"] == "{{ trigger.call_url }}"
    assert "secret_not_for_host" in {each["reason"] for each in made["fixes"]}


TASK = "ACTION.PYTHON_TASK"
LISTED: dict[str, Any] = {
    "tasks": {"report": "*", "refund": ["ada"]},
    "models": {"m1": "ada"},
}


@pytest.mark.parametrize(
    ("kind", "settings", "prompt", "offers", "owner", "reason"),
    [
        (TASK, {"task": "refund"}, "Call the task refund.", {}, "eve", None),
        (TASK, {"task": "refund"}, "Call the task refunds.", {}, "eve", "task_not_offered"),
        (TASK, {"task": "refund"}, "Call the task refund.all", {}, "eve", "task_not_offered"),
        (TASK, {"task": "refund"}, "Pay back.", LISTED, "ada", None),
        (TASK, {"task": "report"}, "Report.", LISTED, "eve", None),
        (TASK, {"task": "refund"}, "Call refund.", LISTED, "eve", "task_not_offered"),
        (TASK, {"task": "other"}, "Call other.", {"tasks": {}}, "ada", "task_not_offered"),
        (CHAT, {}, "Ask a model.", {}, "eve", None),
        (CHAT, {"model": "m2"}, "Ask m2.", {}, "eve", None),
        (CHAT, {"model": "{{ trigger.which }}"}, "Ask a model.", {}, "eve", None),
        (CHAT, {"model": "m1"}, "Ask a model.", LISTED, "ada", None),
    ],
)
def test_tasks_and_models_of_a_plan_are_the_owners_or_the_requests(
    provider: Provider,
    kind: str,
    settings: dict[str, Any],
    prompt: str,
    offers: dict[str, Any],
    owner: str,
    reason: str | None,
) -> None:
    """What a model or a quoted text proposes beside it is refused, and the model hears why."""
    asked = {"user_prompt": "x"} if kind == CHAT else {}
    proposed = step("do", kind, **asked, **settings)
    more = {"planner_offers": PlannerOffers.model_validate(offers)}
    if reason is None:
        planned(provider, proposed, owner=owner, prompt=prompt, settings=more)
        return
    with pytest.raises(PlanInvalid) as failed:
        planned(provider, proposed, owner=owner, prompt=prompt, settings=more)

    assert [each["reason"] for each in failed.value.context["problems"]] == [reason]
    assert "refund" in provider.requests[-1]["messages"][-1]["content"] or "other" in prompt


@pytest.mark.parametrize(
    ("model", "offers"),
    [("m2", {}), ("m2", LISTED | {"models": {"gpt-5.5": "*"}}), ("{{ 'm' ~ 2 }}", {})],
)
def test_a_model_that_is_not_the_owners_is_left_out(
    provider: Provider, model: str, offers: dict[str, Any]
) -> None:
    """The step asks the usual one instead, if that is offered, and the plan says so."""
    proposed = step("do", CHAT, user_prompt="x", model=model)
    more = {"planner_offers": PlannerOffers.model_validate(offers)}

    made = planned(provider, proposed, prompt="Ask a model.", settings=more)

    assert "model" not in made["workflow"]["nodes"][-1]["configurations"]
    assert "model_not_offered" in {each["reason"] for each in made["fixes"]}
    only = {"planner_offers": PlannerOffers.model_validate({"models": {"m9": "*"}})}
    with pytest.raises(PlanInvalid):
        planned(provider, proposed, prompt="Ask a model.", settings=only)


def test_the_model_is_given_the_names_that_its_owner_may_use(provider: Provider) -> None:
    """And no others."""
    more = {"planner_offers": PlannerOffers.model_validate(LISTED)}
    planned(provider, owner="eve", settings=more)

    system = provider.requests[-1]["messages"][0]["content"]
    listed = system.partition("Secrets that steps may use")[2]
    assert "- report" in listed
    assert "refund" not in listed
    assert "m1" not in listed
