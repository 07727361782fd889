"""Secrets that stand in a file: taken out everywhere, named, and never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.foreign import imported, n8n, node, told
from treadle.dag.validation import validate

START = node("Start", "manualTrigger")
SECRET = "q8Zr5tWv1xYb3nMc"


def call(**parameters: Any) -> dict[str, Any]:
    """Return a file with one HTTP request."""
    given = {"url": "https://api.example.org/x", "options": {}, **parameters}
    return n8n(START, node("Call", "httpRequest", given, version=4.2), links=["Start > Call"])


def headers(name: str, value: str) -> dict[str, Any]:
    """Return parameters that send a header."""
    return {
        "sendHeaders": True,
        "headerParameters": {"parameters": [{"name": name, "value": value}]},
    }


@pytest.mark.parametrize(
    ("parameters", "field", "expected"),
    [
        (
            headers("Authorization", f"Bearer {SECRET}"),
            "headers",
            {"Authorization": "Bearer {{ secrets.CALL_AUTHORIZATION }}"},
        ),
        (headers("X-Api-Key", SECRET), "headers", {"X-Api-Key": "{{ secrets.CALL_X_API_KEY }}"}),
        (
            headers("Authorization", f"={{{{ 'Bearer {SECRET}' }}}}"),
            "headers",
            {"Authorization": "{{ ('Bearer ' ~ secrets.CALL_AUTHORIZATION) }}"},
        ),
        (
            {"url": f"https://api.example.org/x?a=1&api_key={SECRET}"},
            "query_params",
            {"a": "1", "api_key": "{{ secrets.CALL_URL }}"},
        ),
        (
            {"sendBody": True, "specifyBody": "json", "jsonBody": json.dumps({"password": SECRET})},
            "body",
            {"password": "{{ secrets.CALL_JSON_BODY }}"},
        ),
    ],
)
def test_a_secret_is_named_where_it_stood(
    parameters: dict[str, Any], field: str, expected: Any
) -> None:
    """In the header, the query, the body; the workflow is valid, and nothing shows the value."""
    found = imported(call(**parameters))

    made = found.workflow["nodes"][1]["configurations"]
    assert made[field] == expected
    assert "secret_replaced" in [reason for _, reason in told(found)]
    assert SECRET not in json.dumps([found.workflow, [each.to_wire() for each in found.report]])
    assert validate(found.workflow).workflow is not None


@pytest.mark.parametrize(
    "text",
    [
        "sk-proj-0123456789abcdefghij",
        "xoxb-123456789012-abcdefghijkl",
        "ghp_0123456789abcdefghijABCDEFGHIJ456789",
        "AKIAIOSFODNN7EXAMPLE",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefgh",
        "https://ada:hunter2hunter2@db.example.org/",
        "https://hooks.slack.com/services/T000/B000/abcdefghijkl",
        "https://api.telegram.org/bot123456789:AAabcdefghijklmnopqrstuvwxyz012345678/send",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----",
        "const apiKey = 'k1-abcdef-99';",
    ],
)
def test_known_forms_are_found_in_any_text(text: str) -> None:
    """Also in code, which is kept as a description, and in what is sent to a service."""
    code = node("Code", "code", {"jsCode": f"// {text}\nreturn {{}}"}, version=2)
    send = node("Send", "matrix", {"text": text})
    found = imported(n8n(START, code, send, links=["Start > Code", "Code > Send"]))

    shown = json.dumps([found.workflow, [each.to_wire() for each in found.report]])
    for part in (text, "hunter2", "abcdefghijkl", "k1-abcdef", "MIIB", "AKIA", "0123456789"):
        assert part not in text or part not in shown
    assert "***" in found.workflow["nodes"][1]["description"]


def test_a_value_is_taken_out_wherever_it_stands() -> None:
    """One name for one value, also where its key says nothing."""
    first = node(
        "One",
        "httpRequest",
        {"url": "https://a.example.org", "options": {}, **headers("X-Api-Key", SECRET)},
        version=4,
    )
    second = node("Two", "matrix", {"text": f"my key is {SECRET}!"})
    found = imported(n8n(START, first, second, links=["Start > One", "One > Two"]))

    assert (
        found.workflow["nodes"][2]["input_params"]["text"]
        == "my key is TREADLE_SECRET_ONE_X_API_KEY!"
    )


def test_a_secret_where_none_may_stand_is_named_by_validation() -> None:
    """A token in the path of an address, a field of a Set node: the report says so, too."""
    token = "123456789:AAabcdefghijklmnopqrstuvwxyz012345678"
    found = imported(call(url=f"https://api.telegram.org/bot{token}/getMe"))

    assert told(found, without=["mapped"]) == [
        ("nodes[1]", "secret_misplaced"),
        ("nodes[1].parameters.url", "secret_replaced"),
    ]
    [problem] = validate(found.workflow).problems
    assert (problem.path, problem.reason) == (
        "nodes[1].configurations.url",
        "secret_not_allowed_here",
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("maxTokens", "500"),
        ("nextPageToken", "={{ $json.next }}"),
        ("title", "Basic Workflow"),
        ("note", "Bearer authentication is used"),
        ("tokenType", "jwt"),
        ("apiKey", "={{ $json.key }}"),
        ("monkey", "chimpanzee"),
    ],
)
def test_what_is_none_is_left_alone(name: str, value: str) -> None:
    """Counts, expressions, words that sound like it."""
    found = imported(n8n(START, node("Do", "matrix", {name: value}), links=["Start > Do"]))

    assert "secret_replaced" not in [reason for _, reason in told(found)]
