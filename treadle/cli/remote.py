"""A cluster behind its gateway: what commands ask, as requests to `/v1`.

Long because it has a method for each thing that they ask.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import httpx
from httpx_sse import connect_sse
from pydantic import SecretStr

from treadle.cli.cluster import Control, Findings, Started
from treadle.client.answers import (
    GatewayDiffers,
    document_of,
    member_of,
    object_of,
    unreachable,
)
from treadle.core.errors import TreadleError
from treadle.dag.events import FINAL_EVENTS
from treadle.dag.graph import CompiledGraph
from treadle.dag.model import Workflow
from treadle.dag.problems import Problem
from treadle.dag.publish import publish
from treadle.dag.states import ExecutionStatus, InteractionStatus
from treadle.dag.validation import validate
from treadle.ledger.engine.submission import Submission
from treadle.ledger.engine.submission_check import check_key
from treadle.ledger.views.node_logs import Lines
from treadle.ledger.views.unserved import REASONS
from treadle.wire.causes import Causes
from treadle.wire.errors import WireError
from treadle.wire.events import Event
from treadle.wire.executions import (
    ExecutionBrief,
    ExecutionRecord,
    Executions,
    ExecutionWarning,
    Submitted,
)
from treadle.wire.interactions import (
    Answered,
    Interaction,
    InteractionResponse,
    InteractionResponses,
    Interactions,
)
from treadle.wire.logs import LogLine, LogLines
from treadle.wire.objects import Object, members
from treadle.wire.plans import AskedPlan, Plan
from treadle.wire.workflows import ValidationResult, Version

#: Seconds for an answer, and for the sign of life of a stream.
_ANSWER_SECONDS = 60.0
#: Seconds for which a gateway that went away is waited for, and between two tries.
_OUTAGE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5
_PAGE = 1_000
_STEP = re.compile(r'\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|(\w+)')


class _StreamOver(Exception):
    """The reader of a stream has all that there will be."""


class Remote:
    """The gateway of a cluster, as one command uses it."""

    def __init__(self, server: str, key: SecretStr | None) -> None:
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        self._server = server
        self._http = httpx.Client(base_url=server, headers=headers, timeout=_ANSWER_SECONDS)

    def check_ready(self) -> Mapping[str, WireError]:
        """Raise what keeps the gateway from its work; return what it does without, by name."""
        found = member_of(self._ask("GET", "/health/ready"), "dependencies")
        return {name: object_of(WireError, each) for name, each in found.items() if each != "ok"}

    def check_key(self) -> None:
        """Raise what the gateway has against the key, if anything."""
        self._ask("GET", "/v1/executions", params={"limit": 1})

    def close(self) -> None:
        """Close every connection."""
        self._http.close()

    def submit(self, request: Submission) -> Started:
        body: dict[str, Any] = {
            "workflow": publish(request.workflow),
            "input": request.input,
            "priority": request.priority,
        }
        if request.trigger is not None:
            body["trigger"] = request.trigger
        if request.deadline is not None:
            body["deadline_seconds"] = request.deadline.total_seconds()
        headers = _key_header(request.idempotency_key)
        made = self._read(Submitted, "POST", "/v1/executions", json=body, headers=headers)
        return Started(UUID(made.id), made.status, made.repeated)

    def execution(self, execution_id: UUID, *, whole: bool) -> ExecutionRecord:
        found = self._ask("GET", f"/v1/executions/{execution_id}")
        records = list(self._records(member_of(found, "nodes_href"), whole=whole))
        if whole:
            self._put_in(found)
        return object_of(ExecutionRecord, {**found, "node_executions": records})

    def graph(self, execution: ExecutionRecord) -> CompiledGraph:
        workflow, version = execution.workflow_id, execution.workflow_version
        path = f"/v1/workflows/{workflow}/versions/{version}"
        graph = validate(self._read(Version, "GET", path).workflow).graph
        if graph is None:
            raise GatewayDiffers("The gateway runs a workflow that this release does not know.")
        return graph

    def lines(self, wanted: Lines, *, after: int, limit: int = 1_000) -> LogLines:
        path, query = _lines_of(wanted)
        return self._read(LogLines, "GET", path, params={**query, "after": after, "limit": limit})

    def follow_lines(self, wanted: Lines) -> Iterator[LogLine]:
        path, query = _lines_of(wanted)
        for document in self._taken_up(path, query):
            yield object_of(LogLine, document)

    def warnings(self, execution_id: UUID) -> Sequence[ExecutionWarning]:
        return self._read(ExecutionRecord, "GET", f"/v1/executions/{execution_id}").warnings

    def causes(self, execution_id: UUID) -> Causes:
        return self._read(Causes, "GET", f"/v1/executions/{execution_id}/why")

    def check(self, workflow: Workflow) -> Findings:
        body = publish(workflow)
        found = self._read(ValidationResult, "POST", "/v1/workflows/validate", json=body)
        return Findings(
            [Problem(**members(each)) for each in found.problems],
            [Problem(**members(each)) for each in found.warnings if each.reason in REASONS],
        )

    def executions(
        self,
        *,
        status: ExecutionStatus | None,
        workflow_id: str | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[ExecutionBrief]:
        wanted = {
            "status": status,
            "workflow_id": workflow_id,
            "id_prefix": id_prefix,
            "limit": limit,
        }
        query = {name: value for name, value in wanted.items() if value is not None}
        return self._read(Executions, "GET", "/v1/executions", params=query).executions

    def follow(self, execution_id: UUID, *, after_seq: int = 0) -> Iterator[list[Event]]:
        """Yield each event as it comes; a stream that breaks is taken up where it broke."""
        path = f"/v1/executions/{execution_id}/events"
        for document in self._taken_up(path, {}, after_seq):
            yield [object_of(Event, document)]

    def control(self, action: Control, execution_id: UUID) -> ExecutionStatus:
        return self._read(ExecutionBrief, "POST", f"/v1/executions/{execution_id}/{action}").status

    def retry(self, execution_id: UUID, *, key: str | None) -> Started:
        path, headers = f"/v1/executions/{execution_id}/retry", _key_header(key)
        made = self._read(ExecutionBrief, "POST", path, headers=headers)
        return Started(UUID(made.id), made.status)

    def ask_for_plan(self, prompt: str, *, key: str | None) -> Started:
        headers = _key_header(key)
        body = {"prompt": prompt}
        made = self._read(AskedPlan, "POST", "/v1/plans", json=body, headers=headers)
        return Started(UUID(made.id), made.status, made.repeated)

    def plan(self, plan_id: UUID) -> Plan:
        return self._read(Plan, "GET", f"/v1/plans/{plan_id}")

    def questions(
        self,
        *,
        status: InteractionStatus | None,
        execution_id: UUID | None,
        limit: int,
        id_prefix: str | None = None,
    ) -> Sequence[Interaction]:
        wanted = {
            "status": status,
            "execution_id": execution_id,
            "id_prefix": id_prefix,
            "limit": limit,
        }
        query = {name: str(value) for name, value in wanted.items() if value is not None}
        return self._read(Interactions, "GET", "/v1/interactions", params=query).interactions

    def question(self, interaction_id: UUID) -> Interaction:
        return self._read(Interaction, "GET", f"/v1/interactions/{interaction_id}")

    def responses(self, interaction_id: UUID) -> Sequence[InteractionResponse]:
        path = f"/v1/interactions/{interaction_id}/responses"
        return self._read(InteractionResponses, "GET", path).responses

    def answer(self, interaction_id: UUID, raw: Mapping[str, Any]) -> Answered:
        path = f"/v1/interactions/{interaction_id}/answer"
        return self._read(Answered, "POST", path, json=dict(raw))

    def _taken_up(
        self, path: str, query: Mapping[str, Any], after: int = 0
    ) -> Iterator[dict[str, Any]]:
        """Yield the numbered documents of a stream until it ends with its execution."""
        until = time.monotonic() + _OUTAGE_SECONDS
        while True:
            try:
                for document in self._stream(path, query, after):
                    yield document
                    after = document["seq"]
                    until = time.monotonic() + _OUTAGE_SECONDS
                    if document.get("event_type") in FINAL_EVENTS:
                        return
            except _StreamOver:
                return
            except httpx.RequestError as error:
                if time.monotonic() > until:
                    raise unreachable(error, self._server) from error
            except TreadleError as error:
                if not error.retryable or time.monotonic() > until:
                    raise
            time.sleep(_PAUSE_SECONDS)

    def _stream(self, path: str, query: Mapping[str, Any], after: int) -> Iterator[dict[str, Any]]:
        """Yield the numbered documents of a stream.

        Raises:
            _StreamOver: nothing follows any more.
        """
        headers = {"Last-Event-ID": str(after)}
        with connect_sse(self._http, "GET", path, headers=headers, params=dict(query)) as source:
            if source.response.status_code == httpx.codes.NO_CONTENT:
                raise _StreamOver
            if source.response.status_code != httpx.codes.OK:
                source.response.read()
                document_of(source.response)
            for each in source.iter_sse():
                document = json.loads(each.data) if each.data else {}
                if "seq" in document:
                    yield document

    def _records(self, href: str, *, whole: bool) -> Iterator[dict[str, Any]]:
        """Yield all node records; with what they put out, however large, if `whole`."""
        query: dict[str, Any] = {"limit": _PAGE}
        while True:
            page = self._ask("GET", href, params=query)
            if whole:
                self._put_in(page)
            yield from member_of(page, "node_executions")
            if member_of(page, "next_cursor") is None:
                return
            query["cursor"] = member_of(page, "next_cursor")

    def _put_in(self, document: dict[str, Any]) -> None:
        """Put what was too large to come along where it belongs."""
        left_out = member_of(document, "left_out")
        del document["left_out"]
        for left in left_out:
            *steps, last = _steps(left["path"])
            place: Any = document
            for step in steps:
                place = place[step]
            place[last] = self._ask("GET", left["href"])

    def _read(self, kind: type[Object], method: str, path: str, **request: Any) -> Object:
        return object_of(kind, self._ask(method, path, **request))

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = self._http.request(method, path, **request)
        except httpx.RequestError as error:
            raise unreachable(error, self._server) from error
        return document_of(response)


def _lines_of(wanted: Lines) -> tuple[str, dict[str, Any]]:
    """Return where lines are read, and the query that narrows them down."""
    query = {"node": wanted.node, "scope": wanted.scope, "attempt": wanted.attempt}
    given = {name: value for name, value in query.items() if value is not None}
    return f"/v1/executions/{wanted.execution_id}/logs", given


def _key_header(key: str | None) -> dict[str, str]:
    check_key(key)
    return {} if key is None else {"Idempotency-Key": key}


def _steps(path: str) -> list[str | int]:
    """Return the steps of a JSON path."""
    return [
        int(index) if index else json.loads(quoted) if quoted else plain
        for index, quoted, plain in _STEP.findall(path)
    ]
