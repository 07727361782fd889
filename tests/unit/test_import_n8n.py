"""n8n's workflows: what each becomes, what is said of it, and what it comes to when it runs.

The documents are ours, of the shapes that published templates have.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.foreign import Found, imported, n8n, node, run, told
from treadle.core.errors import TreadleError
from treadle.dag.validation import validate
from treadle.importing.report import Reason

START = node("Start", "manualTrigger")
#: Said of nearly every workflow that has an expression.
GENERAL = ("mapped", "undefined_fails")


def set_node(called: str, /, version: float = 3.4, **fields: Any) -> dict[str, Any]:
    """Return a Set node that assigns fields."""
    listed = [{"id": k, "name": k, "type": "string", "value": v} for k, v in fields.items()]
    return node(
        called, "set", {"assignments": {"assignments": listed}, "options": {}}, version=version
    )


def compared(left: str, operation: str, right: Any, kind: str = "string") -> dict[str, Any]:
    """Return conditions of n8n's second form."""
    each = {
        "id": "c",
        "leftValue": left,
        "rightValue": right,
        "operator": {"type": kind, "operation": operation},
    }
    options = {"caseSensitive": True, "leftValue": "", "typeValidation": "strict", "version": 2}
    return {"options": options, "conditions": [each], "combinator": "and"}


SPLIT = node("Split", "splitOut", {"fieldToSplitOut": "rows", "options": {}})
ROWS = {"rows": [{"n": 1}, {"n": 5}, {"n": 9}]}


def test_fields_are_set_and_texts_put_together() -> None:
    """1. Set: expressions, texts around them, methods with an exact equivalent."""
    found = imported(
        n8n(
            START,
            set_node(
                "Edit Fields",
                who="={{ $json.name.trim().toUpperCase() }}",
                line="=Hello {{ $json.name }}!",
                kind="plain {{ not an expression }}",
            ),
            links=["Start > Edit Fields"],
        )
    )

    assert told(found, without=["mapped"]) == [
        ("", "text_differs"),
        ("", "undefined_fails"),
        ("nodes[1]", "setting_changed"),
    ]
    assert run(found.workflow, {"name": " ada "}) == {
        "edit_fields": {
            "who": "ADA",
            "line": "Hello  ada !",
            "kind": "plain {{ not an expression }}",
        }
    }


def test_older_set_nodes_keep_what_was_there() -> None:
    """2. Set of the first versions keeps the other fields, unless it says otherwise."""
    values = {
        "string": [{"name": "a", "value": '={{$json["b"]}}'}],
        "number": [{"name": "n", "value": 4}],
    }
    keeps = node("Keep", "set", {"values": values, "options": {}}, version=2)
    only = node("Only", "set", {"values": values, "keepOnlySet": True, "options": {}}, version=1)
    found = imported(n8n(START, keeps, only, links=["Start > Keep", "Start > Only"]))

    assert run(found.workflow, {"b": 1}) == {
        "keep": {"b": 1, "a": 1, "n": 4},
        "only": {"a": 1, "n": 4},
    }
    assert told(found, without=GENERAL) == [
        ("nodes[1]", "setting_changed"),
        ("nodes[2]", "setting_changed"),
    ]


def test_a_condition_takes_one_branch_and_both_may_meet_again() -> None:
    """3. IF of the second form; branches that exclude each other need no merge."""
    found = imported(
        n8n(
            START,
            node(
                "If",
                "if",
                {"conditions": compared("={{ $json.n }}", "gt", 3, "number")},
                version=2.2,
            ),
            set_node("Big", size="big"),
            set_node("Small", size="small"),
            set_node("After", got="={{ $json.size }}"),
            links=["Start > If", "If 0 > Big", "If 1 > Small", "Big > After", "Small > After"],
        )
    )

    assert "inputs_joined" not in [reason for _, reason in told(found)]
    assert run(found.workflow, {"n": 4}) == {"after": {"got": "big"}}
    assert run(found.workflow, {"n": 2}) == {"after": {"got": "small"}}


def test_many_items_are_filtered_for_each_branch() -> None:
    """4. IF of the first form over many items: a filter a branch, as n8n sends each item on."""
    conditions = {"number": [{"value1": "={{ $json.n }}", "operation": "larger", "value2": 3}]}
    found = imported(
        n8n(
            START,
            SPLIT,
            node("If", "if", {"conditions": conditions}),
            set_node("High", v="={{ $json.n }}"),
            set_node("Low", v="={{ $json.n }}"),
            links=["Start > Split", "Split > If", "If 0 > High", "If 1 > Low"],
        )
    )

    assert run(found.workflow, ROWS) == {
        "high": {"data": [{"v": 5}, {"v": 9}]},
        "low": {"data": [{"v": 1}]},
    }
    assert ("nodes[2]", "per_item") in told(found)


def test_a_call_is_made_once_for_each_item() -> None:
    """5. HTTP Request of many items: a loop of its own, one call after the other."""
    call = node(
        "Get User",
        "httpRequest",
        {"url": "=https://api.example.org/users/{{ $json.n }}", "options": {}},
        version=4.2,
    )
    found = imported(
        n8n(
            START,
            SPLIT,
            call,
            set_node("Name", name="={{ $json.name }}"),
            links=["Start > Split", "Split > Get User", "Get User > Name"],
        )
    )
    asked: list[str] = []

    def answer(given: dict[str, Any]) -> Any:
        asked.append(given["url"])
        return {"status_code": 200, "json": {"name": given["url"][-1]}}

    assert run(found.workflow, ROWS, get_user=answer) == {
        "name": {"data": [{"name": "1"}, {"name": "5"}, {"name": "9"}]}
    }
    assert asked == [f"https://api.example.org/users/{n}" for n in (1, 5, 9)]
    assert told(
        found, without=["mapped", "undefined_fails", "text_differs", "setting_changed"]
    ) == [
        ("nodes[2]", "items_unknown"),
        ("nodes[2]", "per_item"),
    ]


def test_a_call_has_its_headers_query_body_and_credential() -> None:
    """6. HTTP Request: parameters, JSON with expressions in it, a credential that n8n keeps."""
    call = node(
        "Send",
        "httpRequest",
        {
            "method": "POST",
            "url": "https://api.example.org/orders",
            "sendQuery": True,
            "queryParameters": {"parameters": [{"name": "dry", "value": "true"}]},
            "sendHeaders": True,
            "headerParameters": {
                "parameters": [{"name": "X-Run", "value": "={{ $execution.id }}"}]
            },
            "sendBody": True,
            "specifyBody": "json",
            "jsonBody": '={"id": "{{ $json.id }}", "qty": 2}',
            "authentication": "genericCredentialType",
            "genericAuthType": "httpBasicAuth",
            "options": {"timeout": 5000, "pagination": {"pagination": {}}},
        },
        version=4.2,
        credentials={"httpBasicAuth": {"id": "7", "name": "Shop login"}},
        retryOnFail=True,
        maxTries=4,
        waitBetweenTries=2000,
    )
    found = imported(n8n(START, call, links=["Start > Send"]))

    made = found.workflow["nodes"][1]["configurations"]
    assert made == {
        "method": "POST",
        "url": "https://api.example.org/orders",
        "query_params": {"dry": "true"},
        "headers": {"X-Run": "{{ execution.id }}"},
        "body": {"id": "{{ (input.id) | string }}", "qty": 2},
        "body_type": "json",
        "auth": {
            "type": "basic",
            "username": "{{ secrets.SHOP_LOGIN_USER }}",
            "password": "{{ secrets.SHOP_LOGIN_PASSWORD }}",
        },
        "timeout": 5,
        "max_retries": 3,
        "retry_min_ms": 2000,
        "retry_max_ms": 2000,
    }
    assert told(found, without=GENERAL) == [
        ("nodes[1]", "retries_differ"),
        ("nodes[1].parameters.authentication", "credential_by_id"),
        ("nodes[1].parameters.options.pagination", "setting_lost"),
    ]
    assert validate(found.workflow).workflow is not None


def test_code_becomes_a_task_and_keeps_its_source() -> None:
    """7. Code in JavaScript and Python does not run; its text is the description."""
    js = node(
        "Parse data",
        "code",
        {"jsCode": "return $input.all().map(i => ({json: {n: i.json.n * 2}}));"},
        version=2,
    )
    py = node(
        "Sum up", "code", {"language": "python", "pythonCode": "return [{'json': {}}]"}, version=2
    )
    found = imported(n8n(START, js, py, links=["Start > Parse data", "Parse data > Sum up"]))

    first, second = found.workflow["nodes"][1:]
    assert first["configurations"] == {"task": "parse_data", "max_retries": 0}
    assert "JavaScript of Parse data, from n8n; it does not run:" in first["description"]
    assert "return $input.all()" in first["description"]
    assert second["configurations"]["task"] == "sum_up"
    assert told(found, without=["mapped"]) == [
        ("nodes[1].parameters.jsCode", "code_not_run"),
        ("nodes[2].parameters.pythonCode", "code_not_run"),
    ]
    assert run(
        found.workflow,
        {"n": 2},
        parse_data=lambda given: [{"n": given["n"] * 2}],
        sum_up=lambda given: [{"sum": sum(each["n"] for each in given["data"])}],
    ) == {"sum_up": {"data": [{"sum": 4}]}}


def test_a_service_without_a_node_becomes_a_task() -> None:
    """8. Google Sheets, Slack and the like: a task with the parameters of the node."""
    sheet = node(
        "Leads",
        "googleSheets",
        {
            "operation": "read",
            "documentId": {"__rl": True, "value": "sheet-1", "mode": "id"},
            "options": {},
        },
        version=4.5,
        credentials={"googleSheetsOAuth2Api": {"id": "1", "name": "Sheets"}},
    )
    say = node(
        "Say",
        "slack",
        {"channel": "#sales", "text": "=New: {{ $json.name }}", "otherOptions": {}},
        version=2.2,
    )
    found = imported(n8n(START, sheet, say, links=["Start > Leads", "Leads > Say"]))

    assert told(found, without=["mapped", "undefined_fails", "text_differs"]) == [
        ("nodes[1]", "credential_by_id"),
        ("nodes[1]", "task_to_write"),
        ("nodes[2]", "per_item"),
        ("nodes[2]", "task_to_write"),
    ]
    sent: list[str] = []

    def post(given: dict[str, Any]) -> Any:
        sent.append(given["text"])
        return {"ok": True}

    output = run(found.workflow, leads=lambda _: [{"name": "Ada"}, {"name": "Bo"}], say=post)
    assert sent == ["New: Ada", "New: Bo"]
    assert output == {"say_items": {"results": [{"ok": True}, {"ok": True}], "count": 2}}


def test_items_are_looped_over_and_the_rest_follows() -> None:
    """9. Loop Over Items: the connection back goes, what follows gets the results."""
    loop = node("Loop", "splitInBatches", {"options": {}}, version=3)
    found = imported(
        n8n(
            START,
            SPLIT,
            loop,
            set_node("Double", d="={{ $json.n * 2 }}"),
            node("All", "aggregate", {"aggregate": "aggregateAllItemData", "options": {}}),
            links=[
                "Start > Split",
                "Split > Loop",
                "Loop 1 > Double",
                "Double > Loop",
                "Loop 0 > All",
            ],
        )
    )

    assert run(found.workflow, ROWS) == {"all": {"data": [{"d": 2}, {"d": 10}, {"d": 18}]}}
    assert [reason for _, reason in told(found) if reason == "cycle_cut"] == []


def test_batches_of_several_items_arrive_as_lists() -> None:
    """10. Loop Over Items of the second version, whose outputs are the other way round."""
    loop = node("Batches", "splitInBatches", {"batchSize": 2, "options": {}}, version=2)
    found = imported(
        n8n(
            START,
            SPLIT,
            loop,
            node(
                "Sum",
                "aggregate",
                {"fieldsToAggregate": {"fieldToAggregate": [{"fieldToAggregate": "n"}]}},
            ),
            links=["Start > Split", "Split > Batches", "Batches 0 > Sum", "Sum > Batches"],
        )
    )

    assert run(found.workflow, ROWS) == {
        "batches": {"results": [{"n": [1, 5]}, {"n": [9]}], "count": 2}
    }


def test_a_connection_back_is_cut_and_told() -> None:
    """11. A loop made by hand, and a merge of two branches that both run."""
    found = imported(
        n8n(
            START,
            set_node("Try", n="={{ $json.n }}"),
            node(
                "Done?",
                "if",
                {"conditions": compared("={{ $json.n }}", "equals", 1, "number")},
                version=2,
            ),
            node("Wait", "wait", {"amount": 2, "unit": "minutes"}, version=1.1),
            links=["Start > Try", "Try > Done?", "Done? 1 > Wait", "Wait > Try"],
        )
    )

    assert ("nodes[3]", "cycle_cut") in told(found)
    delay = next(each for each in found.workflow["nodes"] if each["subtype"] == "DELAY")
    assert delay["configurations"] == {"duration_seconds": 120.0}


@pytest.mark.parametrize(
    ("parameters", "version", "expected"),
    [
        ({}, 3, {"data": [{"a": 1}, {"b": 2}]}),
        ({"mode": "combine", "combineBy": "combineByPosition"}, 3, {"a": 1, "b": 2}),
        ({"mode": "combine", "combinationMode": "mergeByPosition"}, 2.1, {"a": 1, "b": 2}),
        ({"mode": "chooseBranch", "useDataOfInput": 2}, 3, {"b": 2}),
    ],
)
def test_branches_are_merged(parameters: dict[str, Any], version: float, expected: Any) -> None:
    """12. Merge: append, by position, the data of one input."""
    found = imported(
        n8n(
            START,
            node("A", "code", {"jsCode": "return {a: 1}"}),
            node("B", "code", {"jsCode": "return {b: 2}"}),
            node("Merge", "merge", parameters, version=version),
            links=["Start > A", "Start > B", "A > Merge 0", "B > Merge 1"],
        )
    )

    assert run(found.workflow, a=lambda _: {"a": 1}, b=lambda _: {"b": 2}) == {"merge": expected}


def test_a_merge_mode_that_is_not_there_is_told() -> None:
    """13. Merge: all combinations become a task; by a field, a join."""
    everything = node("Merge", "merge", {"mode": "combine", "combineBy": "combineAll"}, version=3)
    joined = node(
        "Merge",
        "merge",
        {"mode": "combine", "fieldsToMatchString": "id", "joinMode": "enrichInput1"},
        version=3,
    )
    sources = [
        START,
        node("A", "code", {"jsCode": "return [].map(x)"}),
        node("B", "code", {"jsCode": "return [].map(x)"}),
    ]
    links = ["Start > A", "Start > B", "A > Merge 0", "B > Merge 1"]

    lost = imported(n8n(*sources, everything, links=links))
    assert ("nodes[3].parameters.mode", "merge_differs") in told(lost)
    found = imported(n8n(*sources, joined, links=links))
    assert run(
        found.workflow, a=lambda _: [{"id": 1, "x": 1}, {"id": 2}], b=lambda _: [{"id": 1, "y": 2}]
    ) == {"merge": {"data": [{"id": 1, "x": 1, "y": 2}, {"id": 2}]}}


def test_a_switch_has_its_cases_and_what_is_left() -> None:
    """14. Switch of the third and of the first version."""
    rules = [
        {
            "conditions": compared("={{ $json.kind }}", "equals", name),
            "renameOutput": True,
            "outputKey": name,
        }
        for name in ("order", "refund")
    ]
    newer = node(
        "Route",
        "switch",
        {"rules": {"values": rules}, "options": {"fallbackOutput": "extra"}},
        version=3.2,
    )
    older = node(
        "Route",
        "switch",
        {
            "dataType": "string",
            "value1": "={{ $json.kind }}",
            "fallbackOutput": 2,
            "rules": {"rules": [{"value2": "order"}, {"value2": "refund", "output": 1}]},
        },
    )
    ends = [
        set_node("Order", is_="order"),
        set_node("Refund", is_="refund"),
        set_node("Other", is_="other"),
    ]
    links = ["Start > Route", "Route 0 > Order", "Route 1 > Refund", "Route 2 > Other"]

    for route in (newer, older):
        workflow = imported(n8n(START, route, *ends, links=links)).workflow
        assert run(workflow, {"kind": "refund"}) == {"refund": {"is_": "refund"}}
        assert run(workflow, {"kind": "?"}) == {"other": {"is_": "other"}}


def test_a_chain_asks_its_model() -> None:
    """15. Basic LLM Chain with a model, a schema and a tool that is left out."""
    tone = {"type": "object", "properties": {"tone": {"type": "string"}}, "required": ["tone"]}
    schema = json.dumps({**tone, "additionalProperties": False})
    lang = "@n8n/n8n-nodes-langchain."
    found = imported(
        n8n(
            START,
            node(
                "Judge",
                f"{lang}chainLlm",
                {"promptType": "define", "text": "=Tone of: {{ $json.mail }}"},
                version=1.5,
            ),
            node(
                "GPT",
                f"{lang}lmChatOpenAi",
                {
                    "model": {"__rl": True, "value": "gpt-4o-mini", "mode": "list"},
                    "options": {"temperature": 0.2, "topP": 1},
                },
                version=1.2,
                credentials={"openAiApi": {"id": "1", "name": "OpenAI"}},
            ),
            node(
                "Parser",
                f"{lang}outputParserStructured",
                {"schemaType": "manual", "inputSchema": schema},
                version=1.2,
            ),
            set_node("Tone", tone="={{ $json.output.tone }}"),
            links=[
                "Start > Judge",
                "GPT ai_languageModel > Judge",
                "Parser ai_outputParser > Judge",
                "Judge > Tone",
            ],
        )
    )

    judge = found.workflow["nodes"][1]
    assert (judge["type"], judge["subtype"]) == ("AI_AGENT", "OPENAI_CHATGPT")
    assert judge["configurations"]["model"] == "gpt-4o-mini"
    assert judge["configurations"]["temperature"] == 0.2
    assert judge["configurations"]["output_schema"]["required"] == ["tone"]
    assert told(
        found, without=["mapped", "undefined_fails", "text_differs", "setting_changed"]
    ) == [
        ("nodes[2]", "credential_by_id"),
        ("nodes[2]", "setting_lost"),
    ]
    assert run(found.workflow, {"mail": "hi"}, judge=lambda _: {"data": {"tone": "kind"}}) == {
        "tone": {"tone": "kind"}
    }


def test_an_agent_loses_its_tools_and_memory() -> None:
    """16. AI Agent: one call; a model of another provider with OpenAI's interface."""
    lang = "@n8n/n8n-nodes-langchain."
    found = imported(
        n8n(
            node("Chat", f"{lang}chatTrigger", {}, version=1.1),
            node("Agent", f"{lang}agent", {"options": {"systemMessage": "Be brief."}}, version=1.7),
            node(
                "Groq",
                f"{lang}lmChatGroq",
                {"model": "llama-3", "options": {}},
                credentials={"groqApi": {"id": "2", "name": "Groq"}},
            ),
            node("Memory", f"{lang}memoryBufferWindow", {}),
            node("Wiki", f"{lang}toolWikipedia", {}),
            links=[
                "Chat > Agent",
                "Groq ai_languageModel > Agent",
                "Memory ai_memory > Agent",
                "Wiki ai_tool > Agent",
            ],
        )
    )

    assert told(found, without=GENERAL) == [
        ("nodes[0]", "trigger_not_available"),
        ("nodes[2]", "credential_by_id"),
        ("nodes[3]", "sub_node_lost"),
        ("nodes[4]", "sub_node_lost"),
    ]
    made = found.workflow["nodes"][1]["configurations"]
    assert made["base_url"] == "https://api.groq.com/openai/v1"
    assert made["credential"] == "{{ secrets.GROQ }}"
    assert made["user_prompt"] == "{{ input.chatInput }}"


def test_what_the_editor_keeps_is_left_out_and_told() -> None:
    """17. Notes, pinned data, disabled nodes, time zone, error workflow, what is not connected."""
    found = imported(
        n8n(
            node(
                "Every day",
                "scheduleTrigger",
                {"rule": {"interval": [{"triggerAtHour": 7}]}},
                version=1.2,
            ),
            node("Note", "stickyNote", {"content": "## Read me"}),
            set_node("Off", a="1") | {"disabled": True},
            set_node("On", b="={{ $json.b }}"),
            set_node("Alone", c="1"),
            links=["Every day > Off", "Off > On"],
            pinData={"On": [{"json": {"b": 1}}]},
            staticData={"x": 1},
            settings={"timezone": "Europe/Berlin", "errorWorkflow": "12", "executionTimeout": 60},
        )
    )

    assert told(found, without=["mapped", "undefined_fails", "setting_changed"]) == [
        ("nodes[0]", "trigger_not_available"),
        ("nodes[1]", "sticky_note"),
        ("nodes[2]", "disabled_node"),
        ("nodes[4]", "node_lost"),
        ("pinData.On", "pinned_data"),
        ("settings.errorWorkflow", "error_workflow"),
        ("settings.executionTimeout", "setting_lost"),
        ("settings.timezone", "timezone"),
        ("staticData", "metadata_lost"),
    ]
    assert run(found.workflow, {"b": 2}) == {"on": {"b": 2}}
    assert "daily at 07:00" in next(
        e.message for e in found.report if e.reason is Reason.TRIGGER_NOT_AVAILABLE
    )


class Refused(TreadleError):
    """The service says no."""

    reason = "refused_in_a_test"


def test_a_failure_goes_on_where_n8n_lets_it() -> None:
    """18. On Error: into an output of its own; and a webhook that is answered."""
    found = imported(
        n8n(
            node("Hook", "webhook", {"path": "orders", "httpMethod": "POST"}, version=2),
            node(
                "Book",
                "stripe",
                {"resource": "charge", "operation": "create"},
                onError="continueErrorOutput",
            ),
            set_node("Fine", ok="yes"),
            set_node("Broken", why="={{ $json.error }}", order="={{ $json.body.id }}"),
            node(
                "Answer",
                "respondToWebhook",
                {"respondWith": "json", "responseBody": "={{ $json.ok }}"},
                version=1.1,
            ),
            links=["Hook > Book", "Book 0 > Fine", "Book 1 > Broken", "Fine > Answer"],
        )
    )

    def refuse(_: dict[str, Any]) -> Any:
        raise Refused("No.")

    order = {"body": {"id": 7}}
    assert run(found.workflow, order, book=lambda _: {}) == {"answer": {"data": "yes"}}
    assert run(found.workflow, order, book=refuse) == {"broken": {"why": "No.", "order": 7}}
    assert told(found, without=[*GENERAL, "setting_changed"]) == [
        ("nodes[0]", "trigger_not_available"),
        ("nodes[1]", "error_path"),
        ("nodes[1]", "task_to_write"),
        ("nodes[4]", "node_not_available"),
    ]


def test_an_expression_without_a_translation_does_not_run() -> None:
    """19. Dates of n8n's, loose comparisons, other items: named by validation at their place."""
    found = imported(
        n8n(
            START,
            SPLIT,
            set_node(
                "Bad",
                now="={{ $now.toISO() }}",
                loose="={{ $json.n == 1 }}",
                pair="={{ $('Split').item.json.n }}",
                fine="={{ $('Start').first().json.rows.length }}",
            ),
            links=["Start > Split", "Split > Bad"],
        )
    )

    places = [f"nodes[2].parameters.assignments.assignments[{n}].value" for n in range(3)]
    assert told(found, without=[*GENERAL, "setting_changed"]) == [
        (place, "expression_not_translated") for place in places
    ]
    problems = validate(found.workflow).problems
    assert {each.path for each in problems} == {
        f"nodes[2].configurations.field_mapping.{name}" for name in ("now", "loose", "pair")
    }
    assert all("not_translated('" in each.message for each in problems)


def test_lists_are_sorted_cut_and_cleaned() -> None:
    """20. Item Lists, Filter, Remove Duplicates, Sort, Limit; and a start that is added."""
    found = imported(
        n8n(
            node("Lists", "itemLists", {"fieldToSplitOut": "rows", "options": {}}, version=3),
            node(
                "Some",
                "filter",
                {"conditions": compared("={{ $json.n }}", "lt", 9, "number")},
                version=2,
            ),
            node("Once", "removeDuplicates", {"compare": "selectedFields", "fieldsToCompare": "n"}),
            node(
                "Down",
                "sort",
                {"sortFieldsUi": {"sortField": [{"fieldName": "n", "order": "descending"}]}},
            ),
            node("Top", "limit", {"maxItems": 2}),
            node("End", "noOp"),
            links=["Lists > Some", "Some > Once", "Once > Down", "Down > Top", "Top > End"],
        )
    )

    rows = {"rows": [{"n": 3}, {"n": 9}, {"n": 5}, {"n": 3}, {"n": 4}]}
    assert run(found.workflow, rows) == {"end": {"data": [{"n": 5}, {"n": 4}]}}
    assert told(found, without=GENERAL) == [("", "trigger_added")]


def test_two_connections_that_both_bring_items_are_joined() -> None:
    """21. n8n runs the node twice; here a merge brings the items together."""
    found = imported(
        n8n(
            START,
            set_node("A", v="a"),
            set_node("B", v="b"),
            set_node("C", got="={{ $json.v }}"),
            links=["Start > A", "Start > B", "A > C", "B > C"],
        )
    )

    assert run(found.workflow) == {"c": {"data": [{"got": "a"}, {"got": "b"}]}}
    assert ("nodes[3]", "inputs_joined") in told(found)


def test_the_order_of_the_file_does_not_matter() -> None:
    """22. Nodes stand as they were drawn, not as they run."""
    nodes = [set_node("Last", v="={{ $('First').item.json.v }}"), set_node("First", v="1"), START]
    found = imported(n8n(*nodes, links=["Start > First", "First > Last"]))
    expected: Found = [("nodes[0]", "setting_changed"), ("nodes[1]", "setting_changed")]

    assert told(found, without=GENERAL) == expected
    assert run(found.workflow) == {"last": {"v": "1"}}
