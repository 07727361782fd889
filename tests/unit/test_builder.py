"""Workflows in Python: what is written becomes what the document says, and back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from treadle import Workflow, task
from treadle.builder import method_source
from treadle.builder.errors import WorkflowInvalid
from treadle.builder.expressions import Expression, NotKnownYet, TextNotExpression, literal
from treadle.builder.wiring import ExitNotSaid
from treadle.client import from_async
from treadle.dag.expressions import Context, compile_expression
from treadle.dag.specs import AVAILABLE
from treadle.dag.validation import validate
from treadle.workers.tasks import TASKS, TaskNotValid

ROOT = Path(__file__).parents[2]
DATA = {"n": 7, "xs": [3, 1, 2], "s": "weft", "o": {"a b": 1, "in": 2}, "t": True, "z": None}


@task(name="builder.summarise", max_retries=5)
def summarise(text: str, limit: int = 200) -> dict[str, str]:
    """Return the beginning of a text."""
    return {"text": text[:limit]}


@task(name="builder.later")
async def later(text: str) -> str:
    """Return the text, from a coroutine."""
    return text


def connections(wf: Workflow) -> set[str]:
    """Return the connections of a workflow, as `source.key -> target`."""
    found = wf.to_json()["connections"]
    return {
        f"{each['from_node']}.{each.get('output_key', 'result')} -> {each['to_node']}"
        for each in found
    }


@pytest.mark.parametrize(
    "made",
    [
        lambda x: x["n"] + 1,
        lambda x: 10 - x["n"] * 2,
        lambda x: (x["n"] + 1) * (x["n"] - 1) / 2,
        lambda x: x["n"] // 2 + x["n"] % 4 - (-x["n"]) ** 3,
        lambda x: x["xs"][0] + x["xs"][-1],
        lambda x: x["xs"][1:],
        lambda x: x["xs"][::-1],
        lambda x: x["o"]["a b"] + x["o"]["in"],
        lambda x: "it's " + x["s"] + '\n"\\n"',
        lambda x: x["n"] > 3,
        lambda x: (x["n"] >= 7) == (x["n"] != 7),
        lambda x: [x["n"], {"k'": x["s"]}, None, True, 1.5, -1],
        lambda x: x["n"] - (x["n"] - 1),
        lambda x: 2 ** (x["n"] - 5) ** 2,
    ],
)
def test_an_expression_means_what_the_same_python_does(made: Callable[[Any], Any]) -> None:
    """Each is evaluated by Python with data, and by Treadle after it was recorded."""
    text = literal(made(Expression("input")))
    context = Context(frozenset(), frozenset({"input"}))

    assert compile_expression(text, context).evaluate({"input": DATA}) == made(DATA), text


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (lambda x: (x["n"] > 3) & x["t"], True),
        (lambda x: (x["n"] < 3) | ~x["t"], False),
        (lambda x: x["gone"]["further"].default("none"), "none"),
        (lambda x: x["xs"].length() + 1, 4),
        (lambda x: x["xs"].contains(2), True),
        (lambda x: (x["n"] > 3).choose("many", "few"), "many"),
        (lambda x: x["xs"].each(lambda item: item * 2), [6, 2, 4]),
        (lambda x: x["xs"].where(lambda item, index: (item > 1) & (index > 0)), [2]),
        (lambda x: x["s"].pipe("upper").pipe("replace", "W", "L"), "LEFT"),
        (lambda x: x["xs"].pipe("sort", reverse=True)[0], 3),
        (lambda x: x["z"].passes("none"), True),
        (lambda x: x["s"].as_text(x["n"]), "weft7"),
    ],
)
def test_what_python_has_no_word_for_is_a_method(made: Callable[[Any], Any], value: Any) -> None:
    """Filters, tests, choices, and functions of each element."""
    text = made(Expression("input")).text
    context = Context(frozenset(), frozenset({"input"}))

    assert compile_expression(text, context).evaluate({"input": DATA}) == value, text


@pytest.mark.parametrize(
    "ask",
    [
        bool,
        lambda x: 1 < x < 3,
        list,
        len,
        lambda x: 2 in x,
        lambda x: f"{x:>10}",
        lambda x: x + object(),
    ],
)
def test_what_only_a_run_knows_is_no_python_value(ask: Callable[[Any], Any]) -> None:
    """And the error says what to write instead."""
    with pytest.raises(NotKnownYet):
        ask(Workflow("w").input["n"])


def test_the_example_of_the_issue() -> None:
    """A request, a loop over its answer, a task in the body."""
    wf = Workflow("digest")
    pages = wf.http("fetch", url="https://example.org/feed.json")
    each = wf.for_each("each_item", over=pages["json"]["items"], max_parallel=50)
    each.body(summarise(text=each.item["text"]))

    made = wf.to_json()

    assert made["nodes"][2]["configurations"] == {
        "over": "nodes.fetch.json.items",
        "max_parallel": 50,
    }
    assert made["nodes"][3]["configurations"] == {"task": "builder.summarise"}
    assert made["nodes"][3]["input_params"] == {"text": "{{ item.text }}", "limit": 200}
    assert connections(wf) == {
        "start.result -> fetch",
        "fetch.result -> each_item",
        "each_item.body -> builder_summarise",
    }


def test_a_task_with_plain_values_is_called() -> None:
    """Direct calls stay what they were, also of coroutines."""
    assert summarise("weaving", limit=3) == {"text": "wea"}
    coroutine = later("x")
    with pytest.raises(StopIteration, match="x"):
        coroutine.send(None)


def test_a_task_is_called_as_python_would() -> None:
    """What its function does not take is refused where it is written."""
    wf = Workflow("w")
    with pytest.raises(TypeError, match="text"):
        summarise(txt=wf.input["text"])  # type: ignore[call-arg]
    with pytest.raises(TaskNotValid):
        wf.call("x", len, [])
    node = wf.call("short", summarise, "plain text")
    assert node.document["input_params"] == {"text": "plain text", "limit": 200}


def test_a_task_called_twice_makes_two_nodes() -> None:
    """The second one's id is numbered."""
    wf = Workflow("w")
    summarise(summarise(wf.input["text"])["text"])

    assert connections(wf) == {
        "start.result -> builder_summarise",
        "builder_summarise.result -> builder_summarise_2",
    }


def test_text_that_python_formats_is_a_template_and_leads_from_what_it_reads() -> None:
    """In an f-string, beside other text, and inside of lists and objects."""
    wf = Workflow("w")
    page = wf.http("page", url=f"https://{wf.input['host']}/")
    wf.transform("x", operation="custom", expression="input.n",
                 input_params={"n": [f"status {page['status_code']}!"]})  # fmt: skip

    made = wf.to_json()

    assert made["nodes"][1]["configurations"]["url"] == "https://{{ trigger.host }}/"
    assert made["nodes"][2]["input_params"] == {"n": ["status {{ nodes.page.status_code }}!"]}
    assert "page.result -> x" in connections(wf)


def test_a_formatted_text_is_no_expression() -> None:
    """Where expressions stand it would be read as code, or always be true."""
    wf = Workflow("w")
    with pytest.raises(TextNotExpression):
        wf.if_("x", f"{wf.input['n']} > 3")
    one, two = wf.input["n"], wf.input["m"]
    mapping = {"a": wf.text(f"{one} of {two + 1}!"), "b": f"<{one}>" + wf.input["s"]}
    node = wf.transform("t", field_mapping=mapping)

    assert node.document["configurations"]["field_mapping"] == {
        "a": "('' ~ trigger.n ~ ' of ' ~ (trigger.m + 1) ~ '!')",
        "b": "('' ~ '<' ~ trigger.n ~ '>') + trigger.s",
    }


def test_branches_and_a_question() -> None:
    """The example examples/refund.json, in Python."""
    wf = Workflow("refund")
    large = wf.if_("large", wf.input["amount"] > 100)
    refunded = wf.transform("refunded", field_mapping={"amount": wf.input["amount"]})
    large.false(refunded)
    with large.true:
        ask = wf.approval("ask", f"Refund {wf.input['amount']}?", timeout_action="continue")
    ask.confirmed(refunded)
    declined = wf.transform("declined", field_mapping={"by": ask["answered_by"]})
    ask.rejected(declined)
    ask.timeout(declined)

    document = json.loads((ROOT / "examples/refund.json").read_text("utf-8"))
    assert connections(wf) == connections(Workflow.from_json(document))


def test_what_a_branch_reads_from_outside_is_waited_for_before_it() -> None:
    """A connection into the branch would run it without being taken."""
    wf = Workflow("w")
    page = wf.http("page", url="https://example.org")
    large = wf.if_("large", wf.input["n"] > 1)
    large.true(wf.transform("x", field_mapping={"a": page["body"]}))

    assert connections(wf) == {
        "start.result -> page",
        "page.result -> large",
        "large.true -> x",
    }


def test_what_a_body_reads_from_outside_is_waited_for_before_the_loop() -> None:
    """Also from within a loop in a loop."""
    wf = Workflow("w")
    page = wf.http("page", url="https://example.org")
    outer = wf.for_each("outer", over=wf.input["rows"])
    with outer.body:
        inner = wf.for_each("inner", over=outer.item)
        inner.body(wf.transform("x", field_mapping={"a": page["body"], "b": inner.item}))
    wf.transform("total", field_mapping={"n": outer["count"]})

    assert connections(wf) == {
        "start.result -> page",
        "page.result -> outer",
        "outer.body -> inner",
        "inner.body -> x",
        "outer.done -> total",
    }


def test_a_body_of_several_steps() -> None:
    """Whatever reads the item, or what does, is in the body."""
    wf = Workflow("w")
    each = wf.for_each("each", over=wf.input["urls"])
    page = wf.http("page", url=each.item)
    each.body(summarise(text=page["body"]))

    assert connections(wf) == {
        "start.result -> each",
        "each.body -> page",
        "page.result -> builder_summarise",
    }


def test_joins_errors_conversions_and_cases() -> None:
    """Merges, the exit of failures, a converted value, a switch, a while loop."""
    wf = Workflow("w")
    one = wf.http("one", url="https://example.org/1")
    two = wf.http("two", url="https://example.org/2")
    wf.merge("both", wait_for="all").after(one, two)
    one.on_error(wf.delay("wait", duration_seconds=1))
    two.then(wf.filter("kept", over="input.data", expression=lambda item: item["n"] > 1),
             convert=lambda output: output["json"]["rows"])  # fmt: skip
    sort = wf.switch("sort", cases=[{"key": "many", "when": wf.input["n"] > 10}])
    sort.case("many")(wf.delay("long"))
    sort.default(wf.delay("short"))
    turns = wf.loop("turns", loop_type="while", loop_condition=lambda last: last["n"] != 1)
    turns.body(wf.transform("turn", field_mapping={"n": turns.last["n"] - 1}))

    made = wf.to_json()

    assert connections(wf) == {
        "start.result -> one", "start.result -> two", "one.result -> both", "two.result -> both",
        "one.error -> wait", "two.result -> kept", "start.result -> sort", "sort.many -> long",
        "sort.default -> short", "start.result -> turns", "turns.body -> turn",
    }  # fmt: skip
    conversions = [each.get("conversion_function") for each in made["connections"]]
    assert [each for each in conversions if each] == ["output.json.rows"]


def test_a_part_of_a_workflow_is_a_function() -> None:
    """Called twice, with ids of its own."""

    def fetched(wf: Workflow, name: str, host: Any) -> Any:
        page = wf.http(f"{name}_page", url=f"https://{host}/")
        return wf.call(f"{name}_summary", summarise, text=page["body"])

    wf = Workflow("w")
    wf.merge("both").after(fetched(wf, "a", wf.input["a"]), fetched(wf, "b", wf.input["b"]))

    assert {"a_page.result -> a_summary", "b_summary.result -> both"} <= connections(wf)


def test_a_name_that_an_inner_loop_hides_is_refused() -> None:
    """`outer.item` in the inner body would be the inner item."""
    wf = Workflow("w")
    outer = wf.for_each("outer", over=wf.input["rows"])
    with outer.body:
        inner = wf.for_each("inner", over=outer.item["cells"])
        inner.body(wf.transform("x", field_mapping={"a": outer.item["name"], "b": inner.item}))

    with pytest.raises(WorkflowInvalid) as caught:
        wf.to_json()

    assert [each["reason"] for each in caught.value.context["problems"]] == ["name_hidden"]


def test_a_node_with_several_exits_is_not_read_without_one() -> None:
    """Which answer is meant is for the author to say."""
    wf = Workflow("w")
    ask = wf.approval("ask", "Go on?")
    wf.transform("x", field_mapping={"by": ask["answered_by"]})

    with pytest.raises(ExitNotSaid):
        wf.to_json()


def test_a_problem_names_the_line_that_made_the_node() -> None:
    """Every problem at once, each with its file, line and source."""
    wf = Workflow("w")
    wf.http("page", url="https://example.org", method="GETT")  # type: ignore[typeddict-item, arg-type, unused-ignore]
    wf.delay("wait", duration_seconds=0)

    with pytest.raises(WorkflowInvalid) as caught:
        wf.to_json()

    page, wait = caught.value.context["problems"]
    assert page["file"] == wait["file"] == __file__
    assert page["line"] + 1 == wait["line"]
    assert wait["source"] == 'wf.delay("wait", duration_seconds=0)'
    assert f"{__file__}:{wait['line']}: {wait['source']}" in str(caught.value)


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((ROOT / "examples").glob("*.json")):
        yield path.name, json.loads(path.read_text("utf-8"))


@pytest.mark.parametrize(("name", "document"), list(documents()))
def test_a_document_comes_back_as_it_was(name: str, document: dict[str, Any]) -> None:
    """Member by member, in their order; drawing it does not fail either."""
    wf = Workflow.from_json(document)
    workflow = validate(document).workflow
    assert workflow is not None

    assert json.dumps(wf.to_json()) == json.dumps(
        workflow.model_dump(mode="json", exclude_unset=True)
    )
    assert wf.visualize().mermaid.startswith("flowchart TD")


def test_a_document_is_extended_in_python() -> None:
    """What it says stays; what the program adds is connected."""
    document = json.loads((ROOT / "examples/refund.json").read_text("utf-8"))
    before = connections(Workflow.from_json(document))
    wf = Workflow.from_json(document)
    wf.delay("wait").after(wf["declined"])
    wf["refunded"].then(wf["wait"])

    assert connections(wf) - before == {"declined.result -> wait", "refunded.result -> wait"}


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("treadle/builder/methods.py", method_source.source),
        ("treadle/client/synchronous.py", from_async.source),
    ],
)
def test_what_is_written_from_another_source_is_as_that_says(
    path: str, made: Callable[[], str]
) -> None:
    """The methods from the specs, the client without coroutines from the one with them."""
    text = subprocess.run(
        [Path(sys.executable).with_name("ruff"), "format", "--stdin-filename", path, "-"],
        input=made(), check=True, capture_output=True, text=True, cwd=ROOT,
    ).stdout  # fmt: skip

    assert (ROOT / path).read_text("utf-8") == text, "`make docs` writes it."


def test_each_node_type_has_a_method() -> None:
    """By its name, and the loops, branches and questions with exits of their own."""
    assert {method_source.method_name(each) for each in AVAILABLE} <= set(dir(Workflow))


def test_a_notebook_shows_a_workflow() -> None:
    """As SVG; one that is not valid as text with its problems."""
    wf = Workflow("w <1>")
    wf.delay("wait")
    assert "<svg" in wf._repr_mimebundle_()["image/svg+xml"]
    assert "w &lt;1&gt;" in wf.visualize().svg
    wf.delay("wait")
    assert "not valid" in wf._repr_mimebundle_()["text/plain"]


def test_nothing_records_where_nobody_builds() -> None:
    """A worker calls the plain function itself."""
    assert TASKS.of(summarise).function is not summarise


def test_the_example_of_the_readme_builds() -> None:
    """As it stands there."""
    text = (ROOT / "README.md").read_text("utf-8").split("\n## In Python\n")[1]
    block = text.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {"__name__": "readme"}

    exec(block, names)

    assert connections(names["wf"]) >= {"each_item.body -> summarise"}
