"""What rules mend about a workflow that a model could not, and what becomes a person's to say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.model_servers import draft, step
from treadle.dag.validation import validate
from treadle.planner.addresses import guard_addresses, named_in, unmake_addresses
from treadle.planner.building import document_of
from treadle.planner.drafts import PlanDraft
from treadle.planner.placeholders import Fix, Placeholder, check_input, declared, settle
from treadle.planner.repair_rules import fix
from treadle.wire.plans import PlanPlaceholder

Document = dict[str, Any]


def mended(*steps: Document, **more: Any) -> tuple[Document, dict[str, Placeholder], list[Fix]]:
    """Return a draft's workflow after the rules, which must be valid."""
    made = PlanDraft.model_validate(draft(*steps, **more))
    document, placeholders = document_of(made), declared(made)
    validation, fixes = fix(document, placeholders)
    assert validation.problems == ()
    return document, placeholders, fixes


def connected(*texts: str) -> list[Document]:
    """Return connections from `a:key>b`."""
    found = []
    for text in texts:
        source, _, target = text.partition(">")
        source, _, key = source.partition(":")
        found.append({"source": source, "output_key": key or "result", "target": target})
    return found


def edges(document: Document) -> set[tuple[str, str, str]]:
    return {(c["from_node"], c["output_key"], c["to_node"]) for c in document["connections"]}


def test_a_field_that_is_none_is_left_out() -> None:
    """And the fix says which."""
    document, _, fixes = mended(step("a", operation="custom", expression="1", wrong="2"))
    assert "wrong" not in document["nodes"][1]["configurations"]
    assert [(each.path, each.reason) for each in fixes] == [
        ("nodes[1].configurations.wrong", "unknown_field")
    ]


def test_a_name_that_was_meant_is_taken() -> None:
    """Of types and of choices, as did-you-mean says."""
    document, _, fixes = mended(
        step("a", "FLOW.FILTRE", over="input.data", expression="item.n"),
        step("b", "ACTION.HTTP_REQUEST", method="PSOT", url="{{ input.url }}"),
    )
    assert document["nodes"][1]["subtype"] == "FILTER"
    assert document["nodes"][2]["configurations"]["method"] == "POST"
    assert len(fixes) == 2


@pytest.mark.parametrize(
    ("settings", "value"),
    [
        ({"url": "{{ nope.x }}"}, "{{ trigger.a_url }}"),
        ({}, "{{ trigger.a_url }}"),
    ],
)
def test_what_must_be_given_and_is_not_usable_becomes_a_placeholder(
    settings: dict[str, str], value: str
) -> None:
    """So that a person says it, and nobody makes it up."""
    document, placeholders, _ = mended(step("a", "ACTION.HTTP_REQUEST", **settings))
    assert document["nodes"][1]["configurations"]["url"] == value
    assert placeholders["a_url"].suggestion == settings.get("url")


def test_a_broken_expression_becomes_a_placeholder_without_braces() -> None:
    """An expression reads it by its name."""
    document, placeholders, _ = mended(step("a", "FLOW.IF", condition_expression="count >"))
    assert document["nodes"][1]["configurations"]["condition_expression"] == (
        "trigger.a_condition_expression"
    )
    assert placeholders["a_condition_expression"].suggestion == "count >"


def test_connections_that_cannot_be_meant_are_removed_or_turned() -> None:
    """To nowhere, by a key that is none, to oneself, twice, back."""
    document, _, _ = mended(
        step("a", "FLOW.IF", condition_expression="true"), step("b"), step("c"),
        connections=connected(
            "a:ture>b", "a:nope>c", "b>nowhere", "b>b", "c>a", "a:true>b"
        ),
    )  # fmt: skip
    assert edges(document) == {("start", "result", "a"), ("a", "true", "b"), ("a", "true", "c")}


def test_what_nothing_reaches_follows_the_step_before_it() -> None:
    """As it stands in the list."""
    document, _, fixes = mended(
        step("go", "TRIGGER.MANUAL"), step("a"), step("b"), connections=connected("go>a")
    )
    assert ("a", "result", "b") in edges(document)
    assert [each.reason for each in fixes] == ["unreachable"]


def test_a_loop_that_repeats_nothing_repeats_what_follows_it() -> None:
    """What was led to by another key, or the next step."""
    document, _, _ = mended(
        step("each", "FLOW.FOR_EACH", over="input.items"), step("a"),
        connections=connected("each:done>a"),
    )  # fmt: skip
    assert ("each", "body", "a") in edges(document)


def test_steps_of_one_id_get_their_own() -> None:
    """The first keeps the connections; an id that is none becomes one."""
    document, _, _ = mended(step("a"), step("a"), step("Not an id!"), connections=[])
    ids = [node["id"] for node in document["nodes"]]
    assert ids == ["start", "a", "a_2", "not_an_id"]


def test_what_rules_cannot_mend_is_told() -> None:
    """A type that resembles none."""
    made = PlanDraft.model_validate(draft(step("a", "BREW.COFFEE")))
    validation, _ = fix(document_of(made), {})
    assert {each.reason for each in validation.problems} == {"unknown_node_type"}


def told(prompt: str, url: str, body: str = "x") -> tuple[Document, dict[str, Placeholder]]:
    made = PlanDraft.model_validate(
        draft(step("a", "ACTION.HTTP_REQUEST", method="POST", url=url, body=body))
    )
    document, placeholders = document_of(made), declared(made)
    list(unmake_addresses(document, named_in(prompt), placeholders))
    list(guard_addresses(document, named_in(prompt), placeholders))
    list(settle(document, placeholders))
    return document["nodes"][1]["configurations"], placeholders


def test_an_address_that_the_request_tells_stands() -> None:
    """Whatever its case, with any path."""
    config, placeholders = told("Get it from API.shop.test please", "https://api.shop.test/v1/x")
    assert (config["url"], placeholders) == ("https://api.shop.test/v1/x", {})


@pytest.mark.parametrize(
    ("prompt", "url", "stands"),
    [
        ("Get shop.example.", "https://op.example/x", False),
        ("Get shop.example.", "https://shop.example.evil.test/x", False),
        ("Get shop.example.", "https://example/x", False),
        ("Get eshop.example and the op", "https://op/x", False),
        ("Get shop.example.", "https://shop.example:8443/x", True),
        ("Get it from http://localhost:9000/a", "http://localhost:9000/b", True),
        ("Get it from münchen.example!", "https://münchen.example/x", True),
    ],
)
def test_an_address_is_that_of_the_request_only_as_a_whole(
    prompt: str, url: str, stands: bool
) -> None:
    """One that is a part of it, or that it is a part of, is another."""
    config, _ = told(prompt, url)

    assert (config["url"] == url) is stands


def test_a_mail_address_is_that_of_the_request_only_as_a_whole() -> None:
    """The end of a longer one is another."""
    config, _ = told("Tell jakob@shop.example", "https://shop.example", "to ob@shop.example")

    assert config["body"] == "to {{ trigger.ob_email }}"


def test_an_address_that_the_request_does_not_tell_is_asked_for() -> None:
    """With the model's as a suggestion; what was a template beside it stays one."""
    config, placeholders = told(
        "Send it to the shop", "https://api.shop.test/v1/{{ input.id }}", "to bob@shop.test"
    )
    assert config["url"] == "{{ trigger.api_shop_test }}/v1/{{ input.id }}"
    assert config["body"] == "to {{ trigger.bob_email }}"
    assert placeholders["api_shop_test"].suggestion == "https://api.shop.test"
    assert (placeholders["api_shop_test"].type, placeholders["bob_email"].type) == ("url", "email")


def test_an_address_in_an_expression_is_asked_for_as_well() -> None:
    """A text literal becomes what reads the placeholder, with the rest of it."""
    config, placeholders = told(
        "Send it", "{{ 'https://a.test/x/' ~ input.id }}", "{{ 'b@a.test' }}"
    )
    assert config["url"] == "{{ trigger.a_url }}"
    assert config["body"] == "{{ trigger.b_email }}"
    document, placeholders, _ = mended(
        step("a", "FLOW.IF", condition_expression="input.url == 'https://a.test'")
    )
    list(unmake_addresses(document, named_in("Compare it"), placeholders))
    assert document["nodes"][1]["configurations"]["condition_expression"] == (
        "input.url == trigger.a_test"
    )
    assert validate(document).problems == ()


def test_placeholders_are_what_the_steps_read() -> None:
    """Unread ones go, undeclared ones come, secrets are told."""
    made = PlanDraft.model_validate(draft(
        step("a", "ACTION.HTTP_REQUEST", url="{{ trigger.address }}",
             headers='{"Authorization": "Bearer {{ secrets.shop }}"}'),
        placeholders=[
            {"name": "unread", "type": "text", "description": "Nothing reads it."},
        ],
    ))  # fmt: skip
    document, placeholders = document_of(made), declared(made)
    fixes = list(settle(document, placeholders))
    assert {each.name: each.type for each in placeholders.values()} == {
        "address": "any", "shop": "secret"
    }  # fmt: skip
    assert {each.reason for each in fixes} == {"placeholder_unused", "placeholder_undeclared"}
    assert validate(document).problems == ()


@pytest.mark.parametrize(
    ("kind", "fits", "does_not"),
    [
        ("text", "x", 1),
        ("number", 1.5, True),
        ("boolean", False, 0),
        ("date", "2026-01-31", "31.1."),
        ("url", "https://a.test/x", "a.test"),
        ("email", "a@b.test", "a at b"),
        ("list", [], {}),
        ("object", {}, []),
    ],
)
def test_an_input_is_held_to_the_placeholders_types(
    kind: str, fits: object, does_not: object
) -> None:
    """Missing, or of another type, is told by name; a secret is not asked for."""
    asked = [
        PlanPlaceholder(name="v", type=kind, description="It.", suggestion=None),
        PlanPlaceholder(name="s", type="secret", description="It.", suggestion=None),
    ]
    assert check_input(asked, {"v": fits}) == []
    assert [each.reason for each in check_input(asked, {"v": does_not})] == ["wrong_type"]
    assert [each.path for each in check_input(asked, {})] == ["v"]
    assert [each.path for each in check_input(asked, None)] == ["v"]


@pytest.mark.parametrize(
    "piece", ["a", "a-", "a.b@", "{{", "'x@", "//a", "[0:", "https://", "a@b."]
)
def test_addresses_are_found_in_one_pass_over_a_long_text(piece: str) -> None:
    """No text makes the patterns look at each letter again and again: that took hours here."""
    text = piece * (300_000 // len(piece))
    wanted = f"{text} https://told.example"
    document = {"nodes": [
        step_of("ACTION.HTTP_REQUEST", body=wanted),
        step_of("FLOW.IF", condition_expression=wanted),
    ]}  # fmt: skip

    list(unmake_addresses(document, named_in(wanted), {}))

    for node in document["nodes"]:
        assert "told.example" in next(iter(node["configurations"].values()))


def step_of(key: str, **configurations: str) -> Document:
    """Return a node as a draft makes it."""
    kind, _, subtype = key.partition(".")
    place = {"type": kind, "subtype": subtype, "input_params": {}}
    return {**place, "configurations": configurations}
