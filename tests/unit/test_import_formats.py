"""What a file is: of which system, or what else; and that nothing that imports it ever raises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.command_line import Folder
from tests.support.foreign import imported, n8n, node
from treadle.dag.validation import validate
from treadle.importing.formats import Imported, Unknown, import_document
from treadle.importing.report import Effect, Reason
from treadle.importing.report_docs import markdown

ROOT = Path(__file__).parents[2]
SMALL = n8n(
    node("Start", "manualTrigger"),
    node(
        "Call",
        "httpRequest",
        {"url": "https://api.example.org/?token=abcd1234efgh", "options": {}},
        version=4,
    ),
    links=["Start > Call"],
)
OURS = {
    "metadata": {"id": "a", "name": "a"},
    "nodes": [{"id": "s", "name": "s", "type": "TRIGGER", "subtype": "MANUAL"}],
    "connections": [],
    "triggers": ["s"],
}


@pytest.mark.parametrize(
    ("document", "looks_like"),
    [
        ("", "an empty file"),
        ("{", "JSON that is damaged: This is not JSON: Expecting property name"),
        ("[1, 2]", "a JSON list without workflows"),
        ("3", "a JSON value that is no object"),
        ("{}", "JSON with nothing in it"),
        ('{"a": 1}', "JSON with the keys a"),
        ('{"StartAt": "A", "States": {}}', "a state machine of AWS Step Functions"),
        ('{"name": "x", "flow": [], "metadata": {}}', "a scenario of Make"),
        ('[{"id": "1", "type": "inject", "wires": []}]', "a flow of Node-RED"),
        ('{"nodes": [], "edges": []}', "a graph of an editor such as Langflow or Dify"),
        ('{"nodes": [], "connections": {}}', "a workflow without nodes"),
        ('{"nodes": [{"type": "x"}], "connections": {}}', "of no system that is known"),
        ("name: deploy\non: push\n", "YAML"),
        ("from airflow import DAG\n", "a Python program"),
        ("<html></html>", "a web page"),
        ('<?xml version="1.0"?>', "XML, such as BPMN"),
        ("\x00\x01", "a file of another kind"),
        (json.dumps([SMALL, SMALL]), "2 workflows in one"),
        (json.dumps(OURS), "a workflow of Treadle already"),
    ],
)
def test_a_file_of_no_system_is_told_what_it_looks_like(document: str, looks_like: str) -> None:
    """With what to do instead."""
    found = import_document(document.encode())

    assert isinstance(found, Unknown)
    assert looks_like in found.looks_like
    assert found.solution


@pytest.mark.parametrize(
    "wrap", [lambda w: [w], lambda w: {"workflow": w}, lambda w: {"data": [w]}]
)
def test_a_workflow_is_found_in_what_exports_put_around_it(wrap: Any) -> None:
    """A list of one, an answer of an interface."""
    assert isinstance(import_document(json.dumps(wrap(SMALL)).encode()), Imported)


def test_the_page_of_the_report_is_as_generated() -> None:
    """docs/import-report.md is what `make docs` writes."""
    assert (ROOT / "docs" / "import-report.md").read_text("utf-8") == markdown()


def test_every_reason_has_its_effect_and_is_used() -> None:
    """A reason that nothing gives any more leaves the list."""
    source = "".join(
        path.read_text("utf-8")
        for path in (ROOT / "importing").rglob("*.py")
        if path.name != "report.py"
    )

    assert {each.effect for each in Reason} == set(Effect)
    assert [each for each in Reason if f"Reason.{each.name}" not in source] == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.text(max_size=8)
    | st.sampled_from(
        ["={{ $json.a }}", "={{ $('A').item.json.b + 1 }}", "{{ x }}", "={{", "A", "B"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "parameters",
                    "conditions",
                    "values",
                    "value",
                    "rules",
                    "name",
                    "options",
                    "node",
                    "main",
                    "assignments",
                    "url",
                    "messages",
                    "operator",
                    "batchSize",
                    "url",
                    "jsonBody",
                ]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
KINDS = [
    "set",
    "if",
    "switch",
    "merge",
    "httpRequest",
    "code",
    "splitInBatches",
    "filter",
    "wait",
    "aggregate",
    "splitOut",
    "limit",
    "sort",
    "itemLists",
    "webhook",
    "openAi",
    "slack",
    "respondToWebhook",
    "noOp",
]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Return a document of n8n's with anything in its nodes, connected anyhow."""
    names = ["A", "B", "C", "D"]
    nodes = [
        {
            **node(
                name, draw(st.sampled_from(KINDS)), version=draw(st.sampled_from([1, 2, 3, 4.2]))
            ),
            "parameters": draw(
                st.dictionaries(
                    st.sampled_from(
                        [
                            "conditions",
                            "values",
                            "rules",
                            "url",
                            "mode",
                            "options",
                            "assignments",
                            "jsonBody",
                            "sendBody",
                            "batchSize",
                            "maxItems",
                            "fieldToSplitOut",
                            "messages",
                            "fields",
                            "sortFieldsUi",
                            "amount",
                        ]
                    ),
                    VALUES,
                    max_size=4,
                )
            ),
            "onError": draw(
                st.sampled_from([None, "continueErrorOutput", "continueRegularOutput"])
            ),
        }
        for name in names
    ]
    ends = st.tuples(
        st.sampled_from(names), st.integers(0, 2), st.sampled_from(names), st.integers(0, 1)
    )
    links = [f"{a} {n} > {b} {m}" for a, n, b, m in draw(st.lists(ends, max_size=8))]
    return n8n(*nodes, links=links)


@given(documents())
def test_any_document_is_imported_and_what_is_refused_of_it_is_told(
    document: dict[str, Any],
) -> None:
    """Nothing raises, and each place that validation refuses stands in the report."""
    found = imported(document)
    reasons = {each.reason for each in found.report}

    problems = validate(found.workflow).problems
    assert not problems or reasons & {
        Reason.EXPRESSION_NOT_TRANSLATED,
        Reason.NOT_VALID,
        Reason.SECRET_MISPLACED,
    }
    assert all(each.message and each.message[-1] in ".`" for each in found.report)


@given(
    st.dictionaries(
        st.sampled_from(["metadata", "nodes", "connections", "triggers", "name"]),
        VALUES
        | st.lists(
            st.fixed_dictionaries(
                {
                    "id": st.sampled_from(["A", "B"]),
                    "type": st.sampled_from(["FLOW", "ACTION", "AI_AGENT"]),
                    "subtype": st.sampled_from(
                        ["IF", "LOOP", "HTTP_REQUEST", "MERGE", "OPENAI_CHATGPT"]
                    ),
                    "configurations": VALUES,
                    "input_params": VALUES,
                }
            ),
            max_size=3,
        ),
    )
)
def test_anything_at_all_is_imported_or_unknown(document: dict[str, Any]) -> None:
    """Also what only looks like the reference system's."""
    assert isinstance(import_document(json.dumps(document).encode()), Imported | Unknown)


def test_the_command_prints_a_report_and_writes_the_workflow(tmp_path: Path) -> None:
    """Exit code 0 with losses; standard output has the report, or with --json both."""
    folder = Folder(tmp_path)
    name = folder.write("flow.json", SMALL)

    shown = folder.run("import", name, "--save", "ours.json")
    assert shown.code == 0
    assert shown.out.startswith("flow.json: from n8n, 2 nodes, 1 connection\n")
    assert "secret_replaced" in shown.out
    assert "abcd1234efgh" not in shown.out + (tmp_path / "ours.json").read_text()
    assert folder.run("validate", "ours.json").code == 0

    document = folder.run("import", name, "--json").document
    assert set(document) == {"workflow", "report"}
    assert all(set(each) == {"path", "reason", "message"} for each in document["report"])


def test_the_command_says_what_a_file_is_that_it_cannot_read(tmp_path: Path) -> None:
    """Exit code 2, with the reason."""
    folder = Folder(tmp_path)
    name = folder.write("deploy.yml", "on: push\n")

    refused = folder.run("import", name)
    assert refused.code == 2
    assert refused.err.startswith("error: deploy.yml is YAML, not a workflow of n8n")
    assert "reason: import_not_readable" in refused.err
    assert folder.run("import", name, "--json").refusal == "import_not_readable"
    assert folder.run("import", "absent.json").code == 2
