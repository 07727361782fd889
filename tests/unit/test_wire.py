"""The wire's objects: as they are written, so they are read; and what a newer server tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tests.support.workflows import chain, node, valid
from treadle.cli.files import to_json as printed
from treadle.core.errors import TreadleError
from treadle.core.ids import new_id
from treadle.dag.events import EventType
from treadle.dag.problems import Problem
from treadle.dag.questions import OF_TYPE, Decision, InteractionType, Question
from treadle.dag.states import InteractionStatus, NodeState, NodeStatus
from treadle.dag.values import dumps, loads
from treadle.gateway.definitions import wire_problems
from treadle.gateway.errors import RequestInvalid, problem
from treadle.ledger.people.interactions import Interaction
from treadle.ledger.views.executions import events_in, record, short
from treadle.ledger.views.keys import Key
from treadle.planner.requests import brief_of, result_of
from treadle.wire import (
    errors,
    events,
    executions,
    interactions,
    keys,
    node_types,
    objects,
    plans,
    service,
    workflows,
)
from treadle.wire.errors import ErrorDetails, WireError, error_of
from treadle.wire.events import Event
from treadle.wire.examples import EXECUTION
from treadle.wire.executions import Execution, ExecutionBrief, NodeExecution
from treadle.wire.keys import Scope
from treadle.wire.objects import WireObject, members, read, to_json, unchecked

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MODULES = (
    errors, events, executions, interactions, keys, node_types, plans, service, workflows,
)  # fmt: skip
KINDS = [
    kind
    for module in MODULES
    for kind in vars(module).values()
    if isinstance(kind, type)
    and issubclass(kind, WireObject)
    and kind.__module__ == module.__name__
]
EXAMPLES = [
    (kind, example)
    for kind in KINDS
    for example in kind.model_config.get("json_schema_extra", {}).get("examples", ())  # type: ignore[union-attr]
]


STATUSES = tuple(InteractionStatus)


class Broken(TreadleError):
    """It broke."""

    reason = "broken"
    solution = "Mend it."


#: An error with facts before and after its reason, as a failed execution has it.
ERROR = Broken("It broke.", status=503).to_wire()
ERROR["error_details"]["node_id"] = "a"


def graph() -> Any:
    made = valid(chain(node("a"))).graph
    assert made is not None
    return made


def row(**more: Any) -> Any:
    """Return a row as the queries of records and executions have it."""
    columns = {
        "node": "a", "scope": "", "state": NodeState.COMPLETED, "details": None, "wait_kind": None,
        "started_at": NOW, "finished_at": NOW, "output_key": "result", "output": b'{"n":[1,2.5]}',
        "output_bytes": 13, "error": None, "attempt": 1, "retry_count": 0, "due_at": None,
        "id": new_id(), "workflow_id": "w", "version": 1, "status": "RUNNING", "created_at": NOW,
    }  # fmt: skip
    return SimpleNamespace(**{**columns, **more})


def question(kind: InteractionType, status: InteractionStatus) -> Interaction:
    is_over = status is not InteractionStatus.PENDING
    asked = Question.model_validate(
        {
            "interaction_type": kind,
            "title": "May it?",
            "input_fields": [{"name": "who"}],
            "selection_options": [{"value": "a"}],
            "content": {"draft": 1},
        }
    )
    return Interaction(
        id=new_id(), execution_id=new_id(), scope="", node="ask", owner="ada", status=status,
        question=asked, assignees=("ana",), created_at=NOW, warned_at=None, timeout_at=NOW,
        delivered_at=NOW, decided_at=NOW if is_over else None,
        decision=Decision.CONFIRMED if status is InteractionStatus.COMPLETED else None,
        answer={"comment": None} if status is InteractionStatus.COMPLETED else None,
        answered_by=None, via=None,
    )  # fmt: skip


def built() -> list[WireObject]:
    """Return an object of each kind that the ledger, the planner and the gateway build."""
    event = {"event_type": "node_started", "data": {"node_id": "a", "scope": ""}, "seq": 1}
    event |= {"execution_id": str(new_id()), "timestamp": 0}
    planned = plans.Plan.model_config["json_schema_extra"]["examples"][0]["plan"]  # type: ignore[index,call-overload]
    return [
        *(record(graph(), row(state=state)) for state in NodeState),
        record(graph(), row(state="failed", error=dumps(ERROR), details=b'{"cost_usd":0.02}')),
        record(graph(), row(started_at=None, finished_at=None, output=None, output_bytes=None)),
        short(row()),
        brief_of(short(row(finished_at=NOW, status="SUCCESS"))),
        *events_in(dumps([event]), 0),
        *(question(kind, status).to_wire() for kind in InteractionType for status in STATUSES),
        Key("k", "ada", "", (Scope.READ, Scope.RUN), NOW, None, NOW).to_wire(),
        error_of(ERROR),
        problem(RequestInvalid("No.", problems=[])),
        *wire_problems([Problem("nodes[0]", "missing", "It is missing.", "Add it.")]),
        result_of(planned),
    ]  # fmt: skip


@pytest.mark.parametrize("thing", built(), ids=lambda thing: type(thing).__name__)
def test_what_is_built_unchecked_is_what_its_model_says(thing: WireObject) -> None:
    """Read strictly, it passes, and is the same object; written again, the same bytes."""
    text = to_json(thing)
    again = type(thing).model_validate(loads(text))

    assert again == thing
    assert to_json(again) == text
    assert printed(again) == json.dumps(loads(text), ensure_ascii=False)


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_an_example_is_read_and_written_as_it_stands(
    kind: type[WireObject], example: dict[str, Any]
) -> None:
    """Of every kind that is documented with one: no member is added, lost or moved."""
    text = dumps(example)

    assert to_json(kind.model_validate(loads(text))) == text
    assert to_json(unchecked(kind)(**example)) == text


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_reader_keeps_what_only_a_newer_server_tells(
    kind: type[WireObject], example: dict[str, Any]
) -> None:
    """At its place, so that what a program reads through an older client is whole."""
    newer = {"since_tomorrow": {"a": 1}, **example, "later": None}

    assert to_json(read(kind, newer)) == dumps(newer)


def test_a_reader_keeps_what_is_new_further_in() -> None:
    """In records, in their errors, and in what a question shows."""
    (told,) = EXECUTION["node_executions"]
    error = {**ERROR, "later": 1}
    newer = {**EXECUTION, "node_executions": [{"later": 1, **told, "error": error}]}

    assert to_json(read(Execution, newer)) == dumps(newer)
    assert read(Execution, newer).node_executions[0].error is not None
    asked = loads(to_json(question(InteractionType.SELECTION, InteractionStatus.PENDING).to_wire()))
    asked["selection_options"] = [{"value": "a", "label": "", "later": 1}]
    assert to_json(read(interactions.Interaction, asked)) == dumps(asked)


def test_a_member_that_is_missing_or_of_another_type_is_refused() -> None:
    """Tolerance is for what is new, not for what is wrong."""
    brief = {name: EXECUTION[name] for name in ExecutionBrief.model_fields}

    for wrong in ({**brief, "start_time": "now"}, {**brief, "status": "ASLEEP"}, {"id": "x"}):
        with pytest.raises(ValidationError):
            read(ExecutionBrief, wrong)


def test_a_type_of_event_that_is_new_is_passed_on() -> None:
    """Whoever does not know it passes over it."""
    told = {"seq": 1, "event_type": "node_dreamt", "execution_id": "x", "timestamp": 0, "data": {}}

    assert read(Event, told).event_type == "node_dreamt"
    assert read(Event, {**told, "event_type": "node_failed"}).event_type == EventType.NODE_FAILED


def test_an_error_stands_with_its_facts_in_their_order() -> None:
    """What was added to it later stands behind its solution; the facts are read by themselves."""
    error = error_of(ERROR)

    assert to_json(error) == dumps(ERROR)
    assert to_json(read(WireError, ERROR)) == dumps(ERROR)
    assert error.error_details.facts == {"status": 503, "node_id": "a"}
    assert ErrorDetails(reason="r", solution="s").facts == {}


@pytest.mark.parametrize("kind", InteractionType)
def test_a_question_shows_the_parts_of_its_type_alone(kind: InteractionType) -> None:
    """Those of other types have their defaults, and are not written."""
    shown = question(kind, InteractionStatus.PENDING).to_wire()
    told = members(shown)

    for other, parts in OF_TYPE.items():
        assert all((part in told) == (other is kind) for part in parts)
    assert isinstance(shown.approval_options, list)


def test_words_are_read_as_what_they_are() -> None:
    """From the text of JSON and from Python alike, strictly."""
    (told,) = EXECUTION["node_executions"]

    assert read(NodeExecution, told).status is NodeStatus.COMPLETED
    assert NodeExecution.model_validate_json(dumps(told)).status is NodeStatus.COMPLETED
    with pytest.raises(ValidationError):
        read(NodeExecution, {**told, "status": "COMPLETED"})


def test_every_kind_that_is_shown_is_one_of_the_wire() -> None:
    """No model stands here that is made or written in another way."""
    strays = [
        kind
        for module in (*MODULES, objects)
        for kind in vars(module).values()
        if isinstance(kind, type)
        and issubclass(kind, BaseModel)
        and kind.__module__ == module.__name__
        and not issubclass(kind, WireObject)
    ]

    assert strays == []
