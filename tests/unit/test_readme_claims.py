"""What README.md and docs/semantics.md say in numbers and names is what the code says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.workflows import chain, found, node
from treadle.cli.app import COMMANDS
from treadle.cli.errors import ExitCode
from treadle.core.dialer.addresses import AddressPolicy
from treadle.dag.channels.planned import PLANNED as PLANNED_CHANNELS
from treadle.dag.expressions.lexing import SOURCE_CHARACTERS
from treadle.dag.forms import PARTS
from treadle.dag.limits import Limits
from treadle.dag.specs.planned import PLANNED
from treadle.dag.values import PAYLOAD_LIMIT_BYTES
from treadle.ledger.engine.settle_rows import ANSWER_BYTES
from treadle.workers.nodes.people.interaction import QUESTION_BYTES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
SEMANTICS = (ROOT / "docs" / "semantics.md").read_text()
APPROVAL = "HUMAN_IN_THE_LOOP.IN_APP_APPROVAL"


def flat(text: str) -> str:
    """Return a text on one line."""
    return " ".join(text.split())


def test_the_limits_are_those_of_the_code() -> None:
    """Of a definition, a value and an expression, on both pages."""
    limits = Limits()
    size, payload = limits.definition_bytes >> 20, PAYLOAD_LIMIT_BYTES >> 20
    counts = f"{limits.nodes:,} nodes, {limits.connections:,} connections"

    assert f"at most {counts}, {size} MiB of JSON, loops {limits.loops_deep} deep" in flat(README)
    assert f"A value: {payload} MiB of JSON" in flat(README)
    assert f"An expression: {SOURCE_CHARACTERS:,} characters" in README
    assert f"| a definition | {size} MiB, {counts}, loops {limits.loops_deep} deep, " in SEMANTICS
    question, answer = QUESTION_BYTES >> 10, ANSWER_BYTES >> 20
    asked = f"{question} KiB as JSON, its answer {answer} MiB; {PARTS} options or fields"
    assert asked in SEMANTICS
    assert f"| a value: an input, an output | {payload} MiB as JSON |" in SEMANTICS


#: A field, what it takes at its bounds, and what is beyond them, as the table of limits has it.
BOUNDED: list[tuple[str, dict[str, Any], str, list[Any], list[Any]]] = [
    ("FLOW.DELAY", {}, "duration_seconds", [0.1, 86_400], [0.09, 86_401]),
    ("FLOW.FOR_EACH", {"over": "input"}, "max_parallel", [1, 1_000], [0, 1_001]),
    (
        "FLOW.LOOP",
        {"loop_type": "while", "loop_condition": "true"},
        "max_iterations",
        [1, 10_000],
        [0, 10_001],
    ),
    ("ACTION.HTTP_REQUEST", {"url": "https://x.test"}, "timeout", [1, 1_000], [0, 1_001]),
    (APPROVAL, {"title": "?"}, "timeout_seconds", [60, 86_400], [59, 86_401]),
]


@pytest.mark.parametrize(("key", "config", "field", "inside", "beyond"), BOUNDED)
def test_the_bounds_of_fields_are_those_of_the_table(
    key: str, config: dict[str, Any], field: str, inside: list[Any], beyond: list[Any]
) -> None:
    """Both ends are taken, and what is beyond is refused at its place."""
    place = f"nodes[1].configurations.{field}"

    def refused(value: Any) -> bool:
        document = chain(node("a", key, configurations={**config, field: value}))
        return (place, "out_of_range") in found(document)

    assert [refused(value) for value in inside] == [False] * len(inside)
    assert [refused(value) for value in beyond] == [True] * len(beyond)


def test_the_commands_are_those_there_are() -> None:
    """All of them, and no other."""
    (listed,) = re.findall(r"^`treadle (up \|[^`]*)`", README, re.MULTILINE | re.DOTALL)

    assert {each.strip() for each in listed.split("|")} == set(COMMANDS)


@pytest.mark.parametrize("page", [README, (ROOT / "docs" / "cli.md").read_text()])
def test_the_exit_codes_are_those_there_are(page: str) -> None:
    """Each with its meaning, on both pages."""
    table = page[page.index("\n| code |" if "\n| code |" in page else "\n| exit code |") :]
    rows = re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE)
    codes = {int(code) for row in rows for code in row.split(",")}

    assert codes >= {int(code) for code in ExitCode}
    assert codes >= {0, 130, 141}


@pytest.mark.parametrize("spec", PLANNED, ids=lambda spec: spec.key)
def test_what_is_not_built_is_known_by_name(spec: Any) -> None:
    """Its node types are refused as not in this release, and not as misspelled."""
    assert ("nodes[1].subtype", "node_type_not_available") in found(chain(node("a", spec.key)))


@pytest.mark.parametrize("channel", PLANNED_CHANNELS)
def test_channels_that_are_not_built_are_known_by_name(channel: str) -> None:
    """So that nobody looks for a misspelling."""
    asked = node("a", APPROVAL, configurations={"title": "?", "channel_type": channel})

    assert "feature_not_implemented" in {reason for _, reason in found(chain(asked))}


@pytest.mark.parametrize("option", ["max_concurrency", "quorum"])
def test_options_that_are_not_built_are_unknown(option: str) -> None:
    """As the page says."""
    asked = node("a", APPROVAL, configurations={"title": "?", option: 1})
    document = chain(asked)
    document["metadata"][option] = 1

    assert found(document) == {
        (f"metadata.{option}", "unknown_field"),
        (f"nodes[1].configurations.{option}", "unknown_field"),
    }
    assert "(`unknown_field`)" in README


def test_a_workflow_reaches_no_private_address_by_itself() -> None:
    """As docs/semantics.md says: only what the operator lists."""
    assert AddressPolicy().allowed == ()
