"""However a model or a request is written, a plan is checked in bounded work.

There is no clock here: what was quadratic takes longer than a test may.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from tests.support.model_servers import Provider, draft, providing, step
from tests.support.workflows import configured, found, valid
from treadle.core.settings import Settings
from treadle.dag.forms import InputField, values_problems
from treadle.dag.output_schema import answer_problems
from treadle.dag.patterns import fault_of
from treadle.dag.values import Value
from treadle.planner.addresses import guard_addresses, named_in, unmake_addresses
from treadle.planner.building import document_of
from treadle.planner.drafts import PlanDraft
from treadle.planner.placeholders import Placeholder, declared, settle
from treadle.planner.planning import plan
from treadle.planner.rights import PlanInvalid

REQUEST, CHAT = "ACTION.HTTP_REQUEST", "AI_AGENT.OPENAI_CHATGPT"
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"
LONG = 400_000


@pytest.mark.parametrize("piece", ["a", "a-", "a.", "%", "a@", "a.@", "[", "[a", "//", "a:", "1."])
def test_a_request_is_read_in_one_pass(piece: str) -> None:
    """Whatever it repeats; hosts beside it are found."""
    named = named_in(f"https://shop.example {piece * LONG} https://last.example")

    assert {"shop.example", "last.example"} <= named.hosts


@pytest.mark.parametrize(
    "piece", ["a", "a.", "a@", "a@b", "{{", "{{ '", "'", "'a@", "https://", "trigger['", "}}"]
)
@pytest.mark.parametrize("field", ["url", "body"])
def test_a_draft_is_read_in_one_pass(piece: str, field: str) -> None:
    """In texts, in templates that do not end, and in expressions."""
    settings = {"url": "https://shop.example/x", field: piece * LONG}
    made = PlanDraft.model_validate(draft(step("a", REQUEST, **settings)))
    document, placeholders, named = document_of(made), declared(made), named_in("shop.example")

    list(unmake_addresses(document, named, placeholders))
    list(guard_addresses(document, named, placeholders))
    list(settle(document, placeholders))

    assert document["nodes"][1]["configurations"]["url"].startswith(
        ("https://shop.example", "{{ trigger.")
    )


def test_placeholders_are_looked_for_once() -> None:
    """Not each of them in each text."""
    names = [f"p{number}" for number in range(20_000)]
    placeholders = {name: Placeholder(name, "text", "It.") for name in names}
    texts = {name: f"{{{{ trigger.{name} }}}}" for name in names}
    made = PlanDraft.model_validate(draft(step("a", REQUEST, url="https://a", body=texts)))

    assert list(settle(document_of(made), placeholders)) == []


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"properties": {"a": {"pattern": "a{99999999999999999999}"}}}, None),  # text, for RE2
        ({"properties": {"a": {"pattern": "a{" + "9" * 5_000 + "}"}}}, "invalid_schema"),
        ({"properties": {"a": {"pattern": "(" * 400 + ")" * 400}}}, "invalid_schema"),
        ({"properties": {"a": {"pattern": r"\pL" * 20_000}}}, "invalid_schema"),
        ({"properties": {"a": {"pattern": "(((a{1,99}){1,99}){1,99})"}}}, "invalid_schema"),
        ({"properties": {"a": {"type": [{"a": n} for n in range(20_000)]}}}, "invalid_schema"),
        ({"required": [n if n % 2 else str(n) for n in range(50_000)]}, "invalid_schema"),
        ({"dependentRequired": {"a": [[n] for n in range(20_000)]}}, "invalid_schema"),
    ],
)
def test_a_schema_of_any_making_is_a_problem_and_no_crash(
    schema: dict[str, Any], reason: str | None
) -> None:
    """Numbers and nesting that Python's own patterns fail at, and lists compared in pairs."""
    document = configured(CHAT, user_prompt="x", output_schema={"type": "object", **schema})

    assert {each for _, each in found(document)} == ({reason} if reason else set())


@pytest.mark.parametrize("kind", [CHAT, APPROVAL])
def test_a_workflow_has_so_many_patterns(kind: str) -> None:
    """Different ones: the same may stand in each node."""

    def of(count: int) -> Any:
        patterns = [f"((a{{1,99}}){{1,9}})b{number}" for number in range(count)] * 2
        if kind == CHAT:
            properties = {f"p{place}": {"pattern": each} for place, each in enumerate(patterns)}
            schema = {"type": "object", "properties": properties}
            return configured(kind, user_prompt="x", output_schema=schema)
        fields = [
            {"name": f"p{place}", "type": "text", "pattern": each}
            for place, each in enumerate(patterns)
        ]
        return configured(kind, title="?", interaction_type="input", input_fields=fields)

    valid(of(20))
    assert found(of(5_000)) == {("nodes", "too_many_patterns")}


def test_a_text_that_is_too_long_for_its_pattern_does_not_match_it() -> None:
    """A match costs the length of the text times the size of the pattern."""
    heavy, long = "([ab]{300}){0,3}c", "ab" * 5_000_000
    assert fault_of(heavy) is None
    field = InputField(name="f", type="text", pattern=heavy)
    schema = {"type": "object", "properties": {"f": {"pattern": heavy}}}

    (problem,) = values_problems([field], {"f": long})
    assert problem.reason == "pattern_not_matched"
    assert len(answer_problems(schema, {"f": long})) == 1
    light = InputField(name="f", type="text", pattern="[ab]+")
    assert list(values_problems([light], {"f": long})) == []


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    """Return a provider that gives what a test scripts."""
    with providing() as made:
        yield made


def planned(provider: Provider) -> Any:
    settings = provider.settings(Settings(), openai_api_key=SecretStr("sk-loopback"))

    async def report(_: Value) -> None:
        """Listen to no stage."""

    return asyncio.run(plan("Do it.", "local", settings, report))


@pytest.mark.parametrize(
    ("large", "what"),
    [
        (draft(*[step("same") for _ in range(8_000)]), "steps"),
        (draft(step("a", REQUEST, url="https://a", body="x" * 300_000)), "characters"),
        (
            draft(
                step("a"),
                connections=[{"source": "a", "output_key": "result", "target": "a"}] * 2_000,
            ),
            "connections",
        ),
    ],
)
def test_a_draft_that_is_too_large_goes_back_to_the_model(
    provider: Provider, large: dict[str, Any], what: str
) -> None:
    """Before anything of it is looked at; one that fits is taken, else the plan says why not."""
    before = len(provider.requests)
    provider.answers(large, draft(step("think")))
    assert planned(provider)["rounds"] == 2
    assert what in provider.requests[before + 1]["messages"][-1]["content"]

    provider.answers(large)
    with pytest.raises(PlanInvalid) as failed:
        planned(provider)
    assert "plan_too_large" in json.dumps(failed.value.context["problems"])
