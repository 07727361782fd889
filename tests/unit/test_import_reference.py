"""Workflows of the reference system: what each becomes, and what is said of it."""

from __future__ import annotations

from typing import Any

from tests.support.foreign import imported, run, told
from treadle.dag.validation import validate


def step(
    step_id: str, key: str, config: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    """Return a node, of the type and subtype `key`."""
    kind, _, subtype = key.partition(".")
    return {
        "id": step_id,
        "name": step_id.title(),
        "description": f"what {step_id} is for",
        "type": kind,
        "subtype": subtype,
        "configurations": config or {},
        "input_params": {},
        "output_params": {},
        "position": {"x": 100.0, "y": 100.0},
        **more,
    }


START = step("start", "TRIGGER.MANUAL", {"trigger_name": "Go"})


def workflow(*nodes: dict[str, Any], links: list[Any], **metadata: Any) -> dict[str, Any]:
    """Return a document; a link is `a > b`, `a:port > b`, or one with a conversion."""
    connections = []
    for index, link in enumerate(links):
        text, conversion = link if isinstance(link, tuple) else (link, None)
        left, _, right = text.partition(" > ")
        source, _, port = left.partition(":")
        each = {"id": f"k{index}", "from_node": source, "to_node": right}
        each["output_key"] = port or "result"
        connections.append({**each, "conversion_function": conversion} if conversion else each)
    return {
        "metadata": {"id": "wf", "name": "Test", "created_time": 1, "created_by": "u", **metadata},
        "nodes": list(nodes),
        "connections": connections,
        "triggers": [each["id"] for each in nodes if each["type"] == "TRIGGER"],
    }


def of(document: dict[str, Any], node_id: str) -> dict[str, Any]:
    """Return an imported node."""
    return next(each for each in document["nodes"] if each["id"] == node_id)


#: Said of every document here.
ALWAYS = ("mapped", "metadata_lost")


def test_a_call_of_a_service() -> None:
    """1. HTTP_REQUEST: variables of the address, a body, more headers, the policy."""
    call = step(
        "send",
        "ACTION.HTTP_REQUEST",
        {
            "method": "POST",
            "url": "https://api.example.org/orders/{order}",
            "headers": {"X-Kind": "a"},
            "timeout": 60,
            "retry_attempts": 2,
        },
        input_params={
            "url_variables": {"order": "{{$json.id}}"},
            "body": {"qty": "{{$json.qty}}"},
            "dynamic_headers": {"X-Run": "{{$trigger.run}}"},
        },
    )
    found = imported(workflow(START, call, links=["start > send"]))

    assert of(found.workflow, "send")["configurations"] == {
        "method": "POST",
        "url": "https://api.example.org/orders/{{ input.id }}",
        "headers": {"X-Kind": "a", "X-Run": "{{ trigger.run }}"},
        "body": {"qty": "{{ input.qty }}"},
        "body_type": "json",
        "timeout": 60,
        "max_retries": 2,
    }
    assert told(found, without=ALWAYS) == [
        ("nodes[1]", "error_path"),
        ("nodes[1]", "retries_differ"),
    ]
    assert validate(found.workflow).workflow is not None


def test_a_condition_takes_one_branch() -> None:
    """2. IF: `$json`, `&&`, functions; and what it leads to."""
    test = step(
        "check",
        "FLOW.IF",
        {"condition_expression": '{{$json.score}} >= 50 && contains($json.tags, "vip")'},
    )
    yes = step("yes", "FLOW.DELAY", {"duration_seconds": 1})
    no = step("no", "FLOW.DELAY", {"duration_seconds": 0.01})
    links = ["start > check", "check:true > yes", "check:false > no"]
    found = imported(workflow(START, test, yes, no, links=links))

    assert told(found, without=ALWAYS) == [
        ("nodes[3].configurations.duration_seconds", "setting_changed")
    ]
    assert run(found.workflow, {"score": 60, "tags": ["vip"]}).keys() == {"yes"}
    assert run(found.workflow, {"score": 60, "tags": []}).keys() == {"no"}


def test_a_model_is_asked_without_its_memory() -> None:
    """3. AI_AGENT: the prompt, what is attached, the answer as `content`."""
    ask = step(
        "ask",
        "AI_AGENT.OPENAI_CHATGPT",
        {"model": "gpt-5-mini", "system_prompt": "Be brief.", "temperature": 0.5, "top_p": 0.9},
        input_params={"user_prompt": "About {{$json.topic}}"},
        attached_nodes=["memory"],
    )
    memory = step("memory", "MEMORY.CONVERSATION_BUFFER", {"max_messages": 10})
    show = step("show", "FLOW.IF", {"condition_expression": '$node["ask"].result.content == "ok"'})
    found = imported(workflow(START, ask, memory, show, links=["start > ask", "ask > show"]))

    assert told(found, without=ALWAYS) == [
        ("nodes[1]", "output_differs"),
        ("nodes[1].attached_nodes", "sub_node_lost"),
        ("nodes[1].configurations.top_p", "setting_lost"),
        ("nodes[2]", "sub_node_lost"),
    ]
    made = of(found.workflow, "ask")["configurations"]
    assert made["user_prompt"] == "About {{ input.topic }}"
    assert run(found.workflow, {"topic": "x"}, ask=lambda _: {"text": "ok"}) == {
        "show": {"content": "ok"}
    }


def test_gemini_and_other_missing_nodes_become_tasks() -> None:
    """4. What is known and not in this release: a task, and what works today."""
    gemini = step(
        "ask", "AI_AGENT.GOOGLE_GEMINI", {"model": "gemini-2.5-flash", "user_prompt": "Hi"}
    )
    slack = step(
        "say",
        "EXTERNAL_ACTION.SLACK",
        {"action_type": "send_message", "channel": "#a"},
        input_params={"message": "{{$json.content}}"},
    )
    found = imported(workflow(START, gemini, slack, links=["start > ask", "ask > say"]))

    assert told(found, without=ALWAYS) == [
        ("nodes[1]", "node_not_available"),
        ("nodes[2]", "node_not_available"),
    ]
    assert of(found.workflow, "say")["configurations"] == {"task": "slack_send_message"}
    assert run(
        found.workflow,
        ask=lambda _: {"content": "Yo"},
        say=lambda given: {"sent": given["message"]},
    ) == {"say": {"sent": "Yo"}}


def test_triggers_start_nothing_by_themselves() -> None:
    """5. CRON and WEBHOOK: manual triggers, with the times and the way that works today."""
    cron = step("daily", "TRIGGER.CRON", {"cron_expression": "0 9 * * *", "timezone": "Asia/Tokyo"})
    hook = step("hook", "TRIGGER.WEBHOOK", {"webhook_path": "/in"})
    wait = step("wait", "FLOW.DELAY", {"duration_seconds": 1})
    found = imported(workflow(cron, hook, wait, links=["daily > wait", "hook > wait"]))

    assert told(found, without=ALWAYS) == [
        ("nodes[0]", "trigger_not_available"),
        ("nodes[0].configurations.timezone", "timezone"),
        ("nodes[1]", "trigger_not_available"),
    ]
    assert "`0 9 * * *`" in "".join(each.message for each in found.report)
    assert run(found.workflow, {"a": 1}, trigger="hook") == {"wait": {"a": 1}}


def test_lists_are_filtered_sorted_and_merged() -> None:
    """6. FILTER with both ports, SORT, MERGE: the lists under their names there."""
    config = {"conditions": [{"field": "n", "operator": "greater_than", "value": 2}]}
    keep = step("keep", "FLOW.FILTER", config, input_params={"data": "{{$json.rows}}"})
    high = step(
        "high",
        "FLOW.SORT",
        {"sort_field": "n", "order": "desc"},
        input_params={"data": "{{$json.filtered_data}}"},
    )
    low = step(
        "low", "FLOW.SORT", {"sort_field": "n"}, input_params={"data": "{{$json.filtered_data}}"}
    )
    both = step("both", "FLOW.MERGE", {"merge_strategy": "concatenate"})
    take = "def convert(input_data):\n    return {'data': input_data['sorted_data']}"
    found = imported(
        workflow(
            START,
            keep,
            high,
            low,
            both,
            links=[
                "start > keep",
                "keep:passed > high",
                "keep:filtered > low",
                ("high > both", take),
                ("low > both", take),
            ],
        )
    )

    rows = {"rows": [{"n": 1}, {"n": 3}, {"n": 5}, {"n": 2}]}
    assert run(found.workflow, rows) == {"both": {"data": [{"n": 5}, {"n": 3}, {"n": 1}, {"n": 2}]}}
    assert told(found, without=ALWAYS) == [
        ("connections[3].conversion_function", "conversion_proposed"),
        ("connections[4].conversion_function", "conversion_proposed"),
        ("nodes[4]", "merge_differs"),
    ]


def test_a_loop_over_a_list() -> None:
    """7. LOOP for_each: `iteration` and `completed`."""
    loop = step(
        "each",
        "FLOW.LOOP",
        {"loop_type": "for_each", "array_path": "rows", "break_on_error": False},
    )
    body = step(
        "double",
        "ACTION.DATA_TRANSFORMATION",
        {"operation": "map", "field_mapping": {"d": "{{ item.n * 2 }}"}},
        input_params={"data": "{{ [item] }}"},
    )
    found = imported(workflow(START, loop, body, links=["start > each", "each:iteration > double"]))

    assert told(found, without=ALWAYS) == [("nodes[1]", "loop_differs")]
    assert of(found.workflow, "each")["configurations"] == {
        "on_error": "continue",
        "over": "input.rows",
    }
    assert run(found.workflow, {"rows": [{"n": 1}, {"n": 4}]}) == {
        "each": {"results": [{"data": [{"d": 2}]}, {"data": [{"d": 8}]}], "count": 2}
    }


def test_a_range_and_a_condition_repeat() -> None:
    """8. LOOP for_range and while, with their limits."""
    count = step("count", "FLOW.LOOP", {"loop_type": "for_range", "start_value": 1, "end_value": 3})
    until = step(
        "until",
        "FLOW.LOOP",
        {"loop_type": "while", "loop_condition": "index < 2", "max_iterations": 20_000},
    )
    bodies = [step(name, "FLOW.DELAY", {"duration_seconds": 1}) for name in ("one", "two")]
    links = ["start > count", "count:iteration > one", "count:completed > until"]
    links.append("until:iteration > two")
    found = imported(workflow(START, count, until, *bodies, links=links))

    made = of(found.workflow, "until")["configurations"]
    assert made == {"loop_type": "while", "max_iterations": 10_000, "loop_condition": "index < 2"}
    assert run(found.workflow)["until"]["count"] == 2
    assert ("nodes[2].configurations.loop_condition", "loop_differs") in told(found)


def test_a_question_is_asked_in_the_inbox() -> None:
    """9. SLACK_INTERACTION: text, minutes, ports; `unrelated` leads nowhere."""
    ask = step(
        "ask",
        "HUMAN_IN_THE_LOOP.SLACK_INTERACTION",
        {
            "channel": "{{$placeholder}}",
            "clarification_question_template": "Fine? {{content}}",
            "timeout_minutes": 2000,
        },
    )
    ends = [
        step(name, "FLOW.DELAY", {"duration_seconds": 1}) for name in ("yes", "no", "late", "odd")
    ]
    found = imported(
        workflow(
            START,
            ask,
            *ends,
            links=[
                "start > ask",
                "ask:confirmed > yes",
                "ask:rejected > no",
                "ask:timeout > late",
                "ask:unrelated > odd",
            ],
        )
    )

    assert of(found.workflow, "ask")["configurations"] == {
        "title": "Ask",
        "timeout_seconds": 86_400,
        "message": "Fine? {{ input.content }}",
        "timeout_action": "continue",
    }
    assert told(found, without=[*ALWAYS, "not_valid"]) == [
        ("nodes[1]", "channel_changed"),
        ("nodes[1]", "connection_lost"),
        ("nodes[1].configurations.timeout_minutes", "setting_changed"),
    ]


def test_a_review_has_its_people() -> None:
    """10. MANUAL_REVIEW: reviewers, and what a review here does not have."""
    review = step(
        "look",
        "HUMAN_IN_THE_LOOP.MANUAL_REVIEW",
        {
            "review_title": "Read it",
            "review_description": "Carefully",
            "reviewers": ["ana"],
            "review_criteria": ["tone"],
            "review_deadline": 7200,
        },
    )
    found = imported(workflow(START, review, links=["start > look"]))

    made = of(found.workflow, "look")
    assert (made["subtype"], made["configurations"]["assignees"]) == ("MANUAL_REVIEW", ["ana"])
    assert told(found, without=ALWAYS) == [
        ("nodes[1]", "channel_changed"),
        ("nodes[1].configurations.review_criteria", "setting_lost"),
    ]
    assert validate(found.workflow).workflow is not None


def test_conversions_in_python_are_proposed_and_never_run() -> None:
    """11. A conversion with an equivalent, and one without."""
    good = (
        "def convert(input_data):\n    name = input_data.get('name', 'you')\n"
        "    return {'text': f'Hi {name}', 'n': len(input_data['xs'])}"
    )
    bad = "def convert(input_data):\n    import os\n    return {'x': os.environ}"
    ends = [step(name, "FLOW.DELAY", {"duration_seconds": 1}) for name in ("a", "b")]
    found = imported(workflow(START, *ends, links=[("start > a", good), ("start > b", bad)]))

    assert told(found, without=ALWAYS) == [
        ("connections[0].conversion_function", "conversion_proposed"),
        ("connections[1].conversion_function", "code_not_run"),
    ]
    [problem] = validate(found.workflow).problems
    assert problem.path == "connections[1].conversion_function"
    only = imported(workflow(START, ends[0], links=[("start > a", good)]))
    assert run(only.workflow, {"name": "Ada", "xs": [1, 2]}) == {"a": {"text": "Hi Ada", "n": 2}}


def test_code_is_a_task_with_its_source() -> None:
    """12. RUN_CODE, and a transformation by a script."""
    code = step("work", "ACTION.RUN_CODE", {"code": "print(1)"})
    script = step(
        "shape", "ACTION.DATA_TRANSFORMATION", {"operation": "custom", "transformation_script": "x"}
    )
    found = imported(workflow(START, code, script, links=["start > work", "work > shape"]))

    assert "print(1)" in of(found.workflow, "work")["description"]
    assert [reason for _, reason in told(found)].count("code_not_run") == 2
    assert validate(found.workflow).workflow is not None


def test_data_is_grouped_and_shaped() -> None:
    """13. DATA_TRANSFORMATION: map, group_by with aggregates."""
    rows = {"data": "{{$json.rows}}"}
    shape = step(
        "shape",
        "ACTION.DATA_TRANSFORMATION",
        {"operation": "map", "field_mapping": {"who": "name", "n": "$json.n"}},
        input_params=rows,
    )
    group = step(
        "group",
        "ACTION.DATA_TRANSFORMATION",
        {
            "operation": "group_by",
            "group_by_fields": ["who"],
            "aggregation_functions": {"total": {"function": "sum", "field": "n"}},
        },
        input_params={"data": "{{$json.transformed_data}}"},
    )
    found = imported(workflow(START, shape, group, links=["start > shape", "shape > group"]))

    value = {"rows": [{"name": "a", "n": 1}, {"name": "b", "n": 2}, {"name": "a", "n": 3}]}
    assert run(found.workflow, value) == {
        "group": {"data": [{"who": "a", "total": 4}, {"who": "b", "total": 2}]}
    }
    assert told(found, without=ALWAYS) == []


def test_what_is_disabled_or_not_connected_is_told() -> None:
    """14. `enabled: false`, a broken connection, ids and names that Treadle does not take."""
    off = step("off", "FLOW.DELAY", {"enabled": False})
    odd = step("1 odd", "FLOW.DELAY", {"duration_seconds": 2}, name="An odd name")
    found = imported(
        workflow(
            START,
            off,
            odd,
            links=["start > off", "off > 1 odd", "off > gone"],
            deployment_status="DEPLOYED",
            statistics={"total_runs": 4},
            tags=["a"],
        )
    )

    assert told(found, without=["mapped"]) == [
        ("connections[2]", "connection_lost"),
        ("metadata", "metadata_lost"),
        ("nodes[1]", "disabled_node"),
    ]
    assert run(found.workflow, {"x": 1}) == {"_1_odd": {"x": 1}}
    assert found.workflow["metadata"] == {"id": "wf", "name": "Test", "tags": ["a"]}


def test_secrets_and_what_is_to_be_filled_in() -> None:
    """15. Tokens in configurations, and `{{$placeholder}}`."""
    call = step(
        "call",
        "ACTION.HTTP_REQUEST",
        {"url": "https://api.example.org", "headers": {"Authorization": "Bearer abcdefgh1234"}},
    )
    post = step(
        "post",
        "EXTERNAL_ACTION.NOTION",
        {"notion_token": "ntn_0123456789abcdefghijkl", "database_id": "{{$placeholder}}"},
    )
    found = imported(workflow(START, call, post, links=["start > call", "call > post"]))

    assert of(found.workflow, "call")["configurations"]["headers"] == {
        "Authorization": "Bearer {{ secrets.CALL_AUTHORIZATION }}"
    }
    assert of(found.workflow, "post")["input_params"] == {
        "notion_token": "TREADLE_SECRET_POST_NOTION_TOKEN",
        "database_id": "{{ trigger.database_id }}",
    }
    assert told(found, without=[*ALWAYS, "error_path"]) == [
        ("nodes[1].configurations.headers.Authorization", "secret_replaced"),
        ("nodes[2]", "node_not_available"),
        ("nodes[2]", "secret_misplaced"),
        ("nodes[2].configurations.database_id", "placeholder"),
        ("nodes[2].configurations.notion_token", "secret_replaced"),
    ]


def test_a_wait_is_a_question_or_a_task() -> None:
    """16. WAIT for an approval, and for a file."""
    approval = step("ok", "FLOW.WAIT", {"wait_type": "approval", "timeout_seconds": 600})
    file = step("file", "FLOW.WAIT", {"wait_type": "file"})
    found = imported(workflow(START, approval, file, links=["start > ok", "ok:completed > file"]))

    assert of(found.workflow, "ok")["subtype"] == "IN_APP_APPROVAL"
    assert of(found.workflow, "file")["subtype"] == "PYTHON_TASK"
    assert validate(found.workflow).workflow is not None
