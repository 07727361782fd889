"""A cluster as a program asks it, as coroutines. `synchronous` is written from this module.

Long because it has each request of the API.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

import httpx
from httpx_sse import aconnect_sse

from treadle.client.answers import document_of, member_of, object_of, unreachable
from treadle.client.connection import Connection
from treadle.client.display import table_of
from treadle.client.errors import ExecutionFailed, StillRunning
from treadle.client.requests import (
    LONGEST_PAUSE_SECONDS,
    TRIES,
    Request,
    begin,
    definition_of,
    execution_of,
    get,
    id_of,
    pause_before,
    place_in,
    without_none,
)
from treadle.core.errors import TreadleError
from treadle.dag.events import FINAL_EVENTS
from treadle.dag.states import ExecutionStatus, InteractionStatus, NodeStatus
from treadle.wire.events import Event
from treadle.wire.executions import (
    Execution,
    ExecutionBrief,
    Executions,
    NodeExecution,
    NodeExecutions,
    Submitted,
)
from treadle.wire.interactions import (
    Answered,
    Interaction,
    InteractionResponse,
    InteractionResponses,
    Interactions,
)
from treadle.wire.keys import CreatedKey, KeyBrief, Keys, Scope
from treadle.wire.node_types import NodeType, NodeTypes
from treadle.wire.objects import Object
from treadle.wire.plans import AskedPlan, Plan, PlanBrief, Plans
from treadle.wire.service import Ready
from treadle.wire.workflows import (
    ValidationResult,
    Version,
    VersionBrief,
    Versions,
    WorkflowBrief,
    Workflows,
)

#: Seconds for which a stream that broke is taken up again without an event, and between two tries.
_OUTAGE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


class AsyncClient:
    """A cluster.

    Args:
        server: The address of a gateway; by default that of `TREADLE_SERVER`, else the cluster of
            this folder is reached straight, without a gateway.
        api_key: The key for it; by default that of `TREADLE_API_KEY`.
        timeout_seconds: Seconds for an answer.

    Raises:
        TreadleError: what is asked is refused, with `reason`, `solution` and `context`; the classes
            are in `treadle.client.errors`.
    """

    def __init__(
        self,
        server: str | None = None,
        api_key: str | None = None,
        *,
        timeout_seconds: float = 60.0,
    ) -> None:
        self._connection = Connection.to(server, api_key)
        self._http = httpx.AsyncClient(
            transport=self._connection.async_transport(),
            base_url=self._connection.server,
            headers=self._connection.headers,
            timeout=timeout_seconds,
        )

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._http.aclose()

    # Executions.

    async def submit(  # noqa: PLR0913 - each parameter is a member of the request
        self,
        workflow: Any,
        input: Any = None,  # noqa: A002 - the name on the wire
        *,
        version: int | None = None,
        trigger: str | None = None,
        priority: int | None = None,
        deadline_seconds: float | None = None,
        idempotency_key: str | None = None,
    ) -> AsyncRun:
        """Run a workflow once.

        Args:
            workflow: a `treadle.Workflow`, a definition as JSON, or the id of a stored workflow.
            input: what its trigger puts out.
            version: of a stored workflow; the latest if not given.
            trigger: the trigger that fires, if not the manual one.
            priority: 0 is first, 9 last.
            deadline_seconds: it ends as TIMEOUT if not over by then.
            idempotency_key: the same request under it runs only once; made if not given.
        """
        more = without_none(trigger=trigger, priority=priority, deadline_seconds=deadline_seconds)
        body = {**execution_of(workflow, version), **more, "input": {} if input is None else input}
        made = await self._read(Submitted, begin("/v1/executions", body, idempotency_key))
        return AsyncRun(self, made.id, repeated=made.repeated)

    def run(self, execution_id: UUID | str) -> AsyncRun:
        """Return the run of an execution that exists."""
        return AsyncRun(self, id_of(execution_id))

    async def get(self, execution_id: UUID | str) -> Execution:
        """Return an execution with its first 1,000 node records, and its output however large."""
        found = await self._ask(get(f"/v1/executions/{id_of(execution_id)}"))
        await self._put_in(found)
        return object_of(Execution, found)

    async def executions(
        self, *, status: ExecutionStatus | str | None = None, workflow_id: str | None = None
    ) -> AsyncIterator[ExecutionBrief]:
        """Yield executions, the newest first."""
        asked = get("/v1/executions", status=status, workflow_id=workflow_id)
        async for page in self._pages(Executions, asked):
            for each in page.executions:
                yield each

    async def nodes(
        self, execution_id: UUID | str, *, status: NodeStatus | str | None = None
    ) -> AsyncIterator[NodeExecution]:
        """Yield the node records of an execution, with what they put out."""
        asked = get(f"/v1/executions/{id_of(execution_id)}/nodes", status=status)
        async for page in self._pages(NodeExecutions, asked):
            for each in page.node_executions:
                yield each

    async def node_output(self, execution_id: UUID | str, node_id: str, *, scope: str = "") -> Any:
        """Return what a node put out."""
        path = f"/v1/executions/{id_of(execution_id)}/nodes/{node_id}/output"
        return await self._ask(get(path, scope=scope or None))

    async def events(
        self, execution_id: UUID | str, *, after_seq: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[Event]:
        """Yield the events of an execution as they come, to the one that ends it.

        A stream that breaks is taken up where it broke.

        Raises:
            StillRunning: it has not ended after `timeout_seconds`.
        """
        execution = id_of(execution_id)
        end = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        until = time.monotonic() + _OUTAGE_SECONDS
        while True:
            try:
                async for event in self._stream(execution, after_seq, end):
                    after_seq = event.seq
                    until = time.monotonic() + _OUTAGE_SECONDS
                    yield event
                    if event.event_type in FINAL_EVENTS:
                        return
            except httpx.RequestError as error:
                if end is not None and time.monotonic() >= end:
                    raise StillRunning.after(execution, timeout_seconds) from error
                if time.monotonic() > until:
                    raise unreachable(error, self._connection.server) from error
            except TreadleError as error:
                if not error.retryable or time.monotonic() > until:
                    raise
            if end is not None and time.monotonic() >= end:
                raise StillRunning.after(execution, timeout_seconds)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def wait(
        self, execution_id: UUID | str, *, timeout_seconds: float | None = None
    ) -> Execution:
        """Return an execution when it has ended, however it did.

        Raises:
            StillRunning: it has not after `timeout_seconds`.
        """
        async for _ in self.events(execution_id, timeout_seconds=timeout_seconds):
            pass
        return await self.get(execution_id)

    async def output(
        self, execution_id: UUID | str, *, timeout_seconds: float | None = None
    ) -> dict[str, Any]:
        """Return the output of an execution when it has ended.

        Raises:
            ExecutionFailed: it did not end as SUCCESS.
            StillRunning: it has not ended after `timeout_seconds`.
        """
        ended = await self.wait(execution_id, timeout_seconds=timeout_seconds)
        if ended.output is None:
            raise ExecutionFailed.of(ended)
        return ended.output

    async def cancel(self, execution_id: UUID | str) -> ExecutionBrief:
        """End an execution."""
        return await self._control(execution_id, "cancel")

    async def pause(self, execution_id: UUID | str) -> ExecutionBrief:
        """Let nothing more of an execution start."""
        return await self._control(execution_id, "pause")

    async def resume(self, execution_id: UUID | str) -> ExecutionBrief:
        """Let a paused execution go on."""
        return await self._control(execution_id, "resume")

    async def retry(
        self, execution_id: UUID | str, *, idempotency_key: str | None = None
    ) -> AsyncRun:
        """Repeat an ended execution from where it failed, as a new one."""
        path = f"/v1/executions/{id_of(execution_id)}/retry"
        made = await self._read(ExecutionBrief, begin(path, None, idempotency_key))
        return AsyncRun(self, made.id)

    # Questions.

    async def questions(
        self,
        *,
        status: InteractionStatus | str | None = None,
        execution_id: UUID | str | None = None,
    ) -> AsyncIterator[Interaction]:
        """Yield questions, the newest first: those of one's executions, and that one is asked."""
        asked = get(
            "/v1/interactions", status=status, execution_id=execution_id and id_of(execution_id)
        )
        async for page in self._pages(Interactions, asked):
            for each in page.interactions:
                yield each

    async def question(self, interaction_id: UUID | str) -> Interaction:
        """Return a question as it stands."""
        return await self._read(Interaction, get(f"/v1/interactions/{id_of(interaction_id)}"))

    async def responses(self, interaction_id: UUID | str) -> list[InteractionResponse]:
        """Return all that people answered to a question, in the order it came."""
        asked = get(f"/v1/interactions/{id_of(interaction_id)}/responses")
        return (await self._read(InteractionResponses, asked)).responses

    async def answer(
        self,
        interaction_id: UUID | str,
        decision: str | None = None,
        *,
        values: Mapping[str, Any] | None = None,
        selected: list[str] | None = None,
        content: Any = None,
        comment: str | None = None,
    ) -> Answered:
        """Answer a question, by what its type needs; the same answer again changes nothing."""
        body = without_none(
            decision=decision, values=values, selected=selected, content=content, comment=comment
        )
        path = f"/v1/interactions/{id_of(interaction_id)}/answer"
        return await self._read(Answered, Request("POST", path, body=body))

    # Plans.

    async def ask_for_plan(self, prompt: str, *, idempotency_key: str | None = None) -> AskedPlan:
        """Have a workflow planned; the plan's id is that of an execution."""
        return await self._read(AskedPlan, begin("/v1/plans", {"prompt": prompt}, idempotency_key))

    async def plans(self) -> AsyncIterator[PlanBrief]:
        """Yield plans, the newest first."""
        async for page in self._pages(Plans, get("/v1/plans")):
            for each in page.plans:
                yield each

    async def plan(self, plan_id: UUID | str) -> Plan:
        """Return a plan as it stands."""
        return await self._read(Plan, get(f"/v1/plans/{id_of(plan_id)}"))

    async def run_plan(
        self,
        plan_id: UUID | str,
        input: Any = None,  # noqa: A002 - the name on the wire
        *,
        idempotency_key: str | None = None,
    ) -> AsyncRun:
        """Run the workflow of a plan that is ready."""
        body = {"input": {} if input is None else input}
        asked = begin(f"/v1/plans/{id_of(plan_id)}/run", body, idempotency_key)
        made = await self._read(Submitted, asked)
        return AsyncRun(self, made.id, repeated=made.repeated)

    # Workflows.

    async def store(self, workflow: Any, *, is_new: bool = True) -> Version:
        """Store a workflow that is new, or a version of one that is stored."""
        document = definition_of(workflow)
        path = f"/v1/workflows/{document['metadata']['id']}/versions"
        asked = Request("POST", "/v1/workflows" if is_new else path, body=document)
        return await self._read(Version, asked)

    async def validate(self, workflow: Any) -> ValidationResult:
        """Return every problem of a definition."""
        asked = Request("POST", "/v1/workflows/validate", body=definition_of(workflow))
        return await self._read(ValidationResult, asked)

    async def workflows(self) -> AsyncIterator[WorkflowBrief]:
        """Yield the stored workflows."""
        async for page in self._pages(Workflows, get("/v1/workflows")):
            for each in page.workflows:
                yield each

    async def workflow(self, workflow_id: str, *, version: int | None = None) -> Version:
        """Return a stored workflow: its latest version, or the one of this number."""
        further = "" if version is None else f"/versions/{version}"
        return await self._read(Version, get(f"/v1/workflows/{workflow_id}{further}"))

    async def versions(self, workflow_id: str) -> AsyncIterator[VersionBrief]:
        """Yield the versions of a workflow, the newest first."""
        async for page in self._pages(Versions, get(f"/v1/workflows/{workflow_id}/versions")):
            for each in page.versions:
                yield each

    async def node_types(self) -> list[NodeType]:
        """Return every node type, with the schema of its configurations."""
        return (await self._read(NodeTypes, get("/v1/node-types"))).node_types

    # Keys and service.

    async def create_key(
        self, *scopes: Scope | str, name: str = "", valid_seconds: float | None = None
    ) -> CreatedKey:
        """Create a key of the caller's own account; its text is told this once."""
        body = without_none(scopes=scopes, name=name, valid_seconds=valid_seconds)
        return await self._read(CreatedKey, Request("POST", "/v1/keys", body=body))

    async def keys(self) -> AsyncIterator[KeyBrief]:
        """Yield the keys of the caller's account."""
        async for page in self._pages(Keys, get("/v1/keys")):
            for each in page.keys:
                yield each

    async def revoke_key(self, key_id: str) -> KeyBrief:
        """Let a key be of no use from now on."""
        return await self._read(KeyBrief, Request("DELETE", f"/v1/keys/{key_id}"))

    async def ready(self) -> Ready:
        """Return what the gateway depends on, if it answers."""
        return await self._read(Ready, get("/health/ready"))

    # How it is asked.

    async def _control(self, execution_id: UUID | str, action: str) -> ExecutionBrief:
        path = f"/v1/executions/{id_of(execution_id)}/{action}"
        return await self._read(ExecutionBrief, Request("POST", path))

    async def _read(self, kind: type[Object], request: Request) -> Object:
        return object_of(kind, await self._ask(request))

    async def _pages(self, kind: type[Object], request: Request) -> AsyncIterator[Object]:
        """Yield pages to the last."""
        cursor: str | None = None
        while True:
            query = {**request.query, **without_none(cursor=cursor)}
            page = await self._ask(get(request.path, **query))
            cursor = member_of(page, "next_cursor")
            if "left_out" in page:
                await self._put_in(page)
            yield object_of(kind, page)
            if cursor is None:
                return

    async def _put_in(self, document: Any) -> None:
        """Put what was too large to come along where it belongs."""
        for left in member_of(document, "left_out"):
            place, last = place_in(document, left["path"])
            place[last] = await self._ask(get(left["href"]))
        document["left_out"] = []

    async def _ask(self, request: Request) -> Any:
        """Return the answer to a request; one that may succeed later is sent again."""
        for trial in range(TRIES):
            is_last = trial == TRIES - 1
            headers: Mapping[str, str] = {}
            try:
                response = await self._send(request)
                headers = response.headers
                return document_of(response)
            except httpx.RequestError as error:
                if is_last:
                    raise unreachable(error, self._connection.server) from error
            except TreadleError as error:
                if is_last or not error.retryable:
                    raise
                if pause_before(trial, headers) > LONGEST_PAUSE_SECONDS:
                    raise
            await asyncio.sleep(pause_before(trial, headers))
        raise AssertionError("the last try returns or raises")

    async def _send(self, request: Request) -> httpx.Response:
        return await self._http.request(
            request.method,
            request.path,
            params=request.query,
            json=request.body,
            headers=request.headers,
        )

    async def _stream(
        self, execution: str, after_seq: int, end: float | None
    ) -> AsyncIterator[Event]:
        """Yield the events of one stream; it may break, and ends at the time `end`."""
        left = _OUTAGE_SECONDS if end is None else max(0.001, end - time.monotonic())
        async with aconnect_sse(
            self._http,
            "GET",
            f"/v1/executions/{execution}/events",
            headers={"Last-Event-ID": str(after_seq)},
            timeout=httpx.Timeout(_OUTAGE_SECONDS, read=min(left, _OUTAGE_SECONDS)),
        ) as source:
            if source.response.status_code != httpx.codes.OK:
                await source.response.aread()
                document_of(source.response)
            async for each in source.aiter_sse():
                event = json.loads(each.data) if each.data else {}
                if "seq" in event:
                    yield object_of(Event, event)
                if end is not None and time.monotonic() >= end:
                    return


class AsyncRun:
    """An execution that was begun."""

    def __init__(self, client: AsyncClient, id: str, *, repeated: bool = False) -> None:  # noqa: A002
        self.client, self.id, self.repeated = client, id, repeated

    def __repr__(self) -> str:
        return f"<run {self.id}>"

    async def _arepr_html_(self) -> str:
        return table_of(await self.get())

    async def get(self) -> Execution:
        """Return it as it stands."""
        return await self.client.get(self.id)

    async def events(
        self, *, after_seq: int = 0, timeout_seconds: float | None = None
    ) -> AsyncIterator[Event]:
        """Yield its events as they come, to the one that ends it."""
        async for event in self.client.events(
            self.id, after_seq=after_seq, timeout_seconds=timeout_seconds
        ):
            yield event

    async def wait(self, *, timeout_seconds: float | None = None) -> Execution:
        """Return it when it has ended, however it did."""
        return await self.client.wait(self.id, timeout_seconds=timeout_seconds)

    async def output(self, *, timeout_seconds: float | None = None) -> dict[str, Any]:
        """Return its output when it has ended; raises `ExecutionFailed` if it has none."""
        return await self.client.output(self.id, timeout_seconds=timeout_seconds)

    async def cancel(self) -> ExecutionBrief:
        """End it."""
        return await self.client.cancel(self.id)

    async def pause(self) -> ExecutionBrief:
        """Let nothing more of it start."""
        return await self.client.pause(self.id)

    async def resume(self) -> ExecutionBrief:
        """Let it go on."""
        return await self.client.resume(self.id)

    async def retry(self) -> AsyncRun:
        """Repeat it from where it failed, as a new run."""
        return await self.client.retry(self.id)

    async def questions(
        self, *, status: InteractionStatus | str | None = None
    ) -> AsyncIterator[Interaction]:
        """Yield the questions that it asked."""
        async for question in self.client.questions(status=status, execution_id=self.id):
            yield question
