"""A method for each node type. Written by `method_source` from `dag/specs/`.

Long because it has every field of every node type.
"""

# ruff: noqa: A002, E501

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, TypeAlias, cast

from typing_extensions import TypedDict, Unpack

from treadle.builder import nodes

Code: TypeAlias = str | int | float | bool | Sequence[Any] | Mapping[str, Any] | Callable[..., Any]
"""An expression: a value of the run, its text, or a function of the names that it sees."""


class NodeOptions(TypedDict, total=False):
    """What every node may have."""

    name: str
    description: str
    input_params: Mapping[str, Any]
    timeout: int
    max_retries: int
    retry_min_ms: int
    retry_max_ms: int
    enabled: bool


class ManualOptions(NodeOptions, total=False):
    """The optional fields of TRIGGER.MANUAL."""

    trigger_name: str
    """The label of the button that fires it."""


class IfOptions(NodeOptions, total=False):
    """The optional fields of FLOW.IF."""


class SwitchOptions(NodeOptions, total=False):
    """The optional fields of FLOW.SWITCH."""

    default: str
    """The key it leaves by when no case holds."""


class FilterOptions(NodeOptions, total=False):
    """The optional fields of FLOW.FILTER."""


class SortOptions(NodeOptions, total=False):
    """The optional fields of FLOW.SORT."""

    order: Literal["asc", "desc"]
    """Nulls are last in either order."""


class MergeOptions(NodeOptions, total=False):
    """The optional fields of FLOW.MERGE."""

    merge_strategy: Literal["concatenate", "union", "intersection", "join", "zip"]
    """All items; each item once; items of all lists; matched by `key`; combined by position."""
    wait_for: Literal["all", "any"]
    """Whether it waits for every branch or continues with the first that is taken."""
    key: str | None
    """`join`: the field to match by; `union`, `intersection`: compare it, not whole items."""
    how: Literal["inner", "left", "outer"]
    """`join`: whether items without a match are kept."""


class DelayOptions(NodeOptions, total=False):
    """The optional fields of FLOW.DELAY."""

    duration_seconds: float
    """Seconds to wait, from when the node starts to wait."""


class ForEachOptions(NodeOptions, total=False):
    """The optional fields of FLOW.FOR_EACH."""

    on_error: Literal["fail", "continue", "collect"]
    """What a failed iteration does: fail the loop, or give null or `{error}` as its result."""
    collect_results: bool
    """Whether the output holds the results, or only a reference to them."""
    max_parallel: int
    """Iterations open at once."""


class LoopOptions(NodeOptions, total=False):
    """The optional fields of FLOW.LOOP."""

    on_error: Literal["fail", "continue", "collect"]
    """What a failed iteration does: fail the loop, or give null or `{error}` as its result."""
    collect_results: bool
    """Whether the output holds the results, or only a reference to them."""
    loop_type: Literal["for_range", "while"]
    """Over a range of numbers, or while a condition holds."""
    start_value: int
    """`for_range`: the first `index`."""
    end_value: int
    """`for_range`: the end of the range, not included."""
    step: int
    """`for_range`: may be negative, not 0."""
    loop_condition: Code | None
    """`while`: checked before each iteration; sees `index` and `last`."""
    max_iterations: int
    """Iterations it may take; needing more is the error `max_iterations_reached`."""
    stop_at_max: bool
    """Whether reaching `max_iterations` completes the loop instead of failing it."""


class TransformOptions(NodeOptions, total=False):
    """The optional fields of ACTION.DATA_TRANSFORMATION."""

    operation: Literal[
        "map",
        "filter",
        "aggregate",
        "sort",
        "group_by",
        "join",
        "flatten",
        "pivot",
        "dedupe",
        "split_out",
        "custom",
    ]
    """What is done; each field below names the operations that use it."""
    over: Code | None
    """The list to work on. Default: `input.data`; `map` and `custom` then work on the input."""
    field_mapping: Mapping[str, Code] | None
    """`map`: each key's expression; with `over`, once for each `item`."""
    expression: Code | None
    """`filter`: whether an `item` is kept; `custom`: the value."""
    sort_field: str | None
    """`sort`: the field, with dots for nested fields; empty sorts by the items themselves."""
    order: Literal["asc", "desc"]
    """`sort`: nulls are last in either order."""
    group_by_fields: Sequence[str] | None
    """`group_by`: items with equal values in these fields form a group."""
    aggregation_functions: Mapping[str, Mapping[str, Any]] | None
    """`aggregate`, `group_by`: aggregates by name."""
    other: Code | None
    """`join`: the second list."""
    key: str | None
    """`join`: the field of the first list to match by."""
    other_key: str | None
    """`join`: the field of the second list; `key` if not set."""
    how: Literal["inner", "left", "outer"]
    """`join`: whether items without a match are kept."""
    depth: int
    """`flatten`: how many levels of lists are flattened."""
    index_field: str | None
    """`pivot`: its values make the rows."""
    column_field: str | None
    """`pivot`: its values make the columns."""
    value_field: str | None
    """`pivot`: its values fill the cells."""
    pivot_function: Literal[
        "count", "sum", "avg", "min", "max", "first", "last", "list", "count_distinct"
    ]
    """`pivot`: how several values of one cell are combined."""
    dedupe_fields: Sequence[str]
    """`dedupe`: the fields to compare; empty compares whole items."""
    field: str | None
    """`split_out`: the field with the list to split into items."""
    include_rest: bool
    """`split_out`: whether each item keeps the other fields of its source item."""


class HttpOptions(NodeOptions, total=False):
    """The optional fields of ACTION.HTTP_REQUEST."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
    """The request's method."""
    headers: Mapping[str, str]
    """Sent unchanged. All methods but GET, HEAD and OPTIONS also send an `Idempotency-Key`."""
    query_params: Mapping[str, Any]
    """A list becomes a repeated parameter; null leaves a parameter out."""
    body: Any
    """What is sent, as `body_type` says; null sends nothing."""
    body_type: Literal["json", "form", "raw", "none", "multipart"]
    """How the body is encoded."""
    auth: Mapping[str, Any]
    """`type`: none, basic, bearer or api_key, and the fields that it needs."""
    follow_redirects: bool
    """Whether a redirect is followed; secrets do not travel to another origin. Only 303, and 301 or 302 to a POST, become a GET; others repeat method and body."""
    max_redirects: int
    """Redirects followed before the call fails."""
    accept_status: Sequence[int]
    """Statuses from 400 on that are not failures. Of the others, 408, 425, 429, 500, 502, 503 and 504 are retried, and any that comes with a valid `Retry-After`."""
    max_response_bytes: int
    """Size limit of the response, after decompression; a larger one fails the call. If body and json together are larger than a payload, body is null."""


class PythonTaskOptions(NodeOptions, total=False):
    """The optional fields of ACTION.PYTHON_TASK."""


class OpenaiOptions(NodeOptions, total=False):
    """The optional fields of AI_AGENT.OPENAI_CHATGPT."""

    system_prompt: str
    """The system message."""
    max_tokens: int
    """Tokens of the answer at most; a longer one fails the call."""
    output_schema: Mapping[str, Any] | None
    """JSON Schema of an object that the answer must match. Without one the answer is text."""
    max_repairs: int
    """Times an answer that does not match `output_schema` is sent back with its problems."""
    credential: str | None
    """The key, as `{{ secrets.NAME }}`; by default the one that the operator has set."""
    base_url: str | None
    """A service with the provider's API; needs its own `credential`."""
    model: str
    """The model, as the provider names it."""
    temperature: float | None
    """Sampling temperature; not every model takes one. Default: the model's own."""


class ClaudeOptions(NodeOptions, total=False):
    """The optional fields of AI_AGENT.ANTHROPIC_CLAUDE."""

    system_prompt: str
    """The system message."""
    max_tokens: int
    """Tokens of the answer at most; a longer one fails the call."""
    output_schema: Mapping[str, Any] | None
    """JSON Schema of an object that the answer must match. Without one the answer is text."""
    max_repairs: int
    """Times an answer that does not match `output_schema` is sent back with its problems."""
    credential: str | None
    """The key, as `{{ secrets.NAME }}`; by default the one that the operator has set."""
    base_url: str | None
    """A service with the provider's API; needs its own `credential`."""
    model: str
    """The model, as the provider names it."""
    temperature: float | None
    """Sampling temperature; not every model takes one. Default: the model's own."""


class ApprovalOptions(NodeOptions, total=False):
    """The optional fields of HUMAN_IN_THE_LOOP.IN_APP_APPROVAL."""

    interaction_type: Literal["approval", "input", "selection", "review"]
    """Yes or no; a form; a choice; a review of content that may be edited."""
    channel_type: Literal["in_app", "webhook"]
    """How people learn of it: they look (API, `treadle inbox`), or your server is called."""
    message: str
    """What people need to know to answer."""
    priority: Literal["low", "normal", "high", "urgent"]
    """Its urgency, which orders the inbox."""
    assignees: Sequence[str]
    """The accounts that may answer; the execution's owner if empty."""
    timeout_seconds: int
    """Seconds from when it is asked, also while the execution is paused."""
    timeout_action: Literal["fail", "continue", "default_response"]
    """When time is over: fail with `hil_timeout`, leave by `timeout`, or take the default."""
    default_response: Mapping[str, Any] | None
    """`default_response`: the system's answer, as a person would send it."""
    approval_options: Sequence[Mapping[str, Any]]
    """`approval`: `{value, label, decision}` each; without any, `approve` and `reject`."""
    input_fields: Sequence[Mapping[str, Any]]
    """`input`: `{name, label, type, required, …}` each."""
    selection_options: Sequence[Mapping[str, Any]]
    """`selection`: `{value, label}` each."""
    min_selections: int
    """`selection`: the fewest to choose."""
    max_selections: int
    """`selection`: the most to choose."""
    content: Any
    """`review`: what is shown."""
    webhook_url: str | None
    """`webhook`: where the question is posted, with the link that answers it (no `assignees`)."""
    webhook_secret: str | None
    """`webhook`: the name of the secret that signs it (TREADLE_SECRET_<NAME> of the scheduler). It is offered to the owner, and for that address, by TREADLE_OFFERED_SECRETS."""


class ReviewOptions(NodeOptions, total=False):
    """The optional fields of HUMAN_IN_THE_LOOP.MANUAL_REVIEW."""

    interaction_type: Literal["approval", "input", "selection", "review"]
    """Yes or no; a form; a choice; a review of content that may be edited."""
    channel_type: Literal["in_app", "webhook"]
    """How people learn of it: they look (API, `treadle inbox`), or your server is called."""
    message: str
    """What people need to know to answer."""
    priority: Literal["low", "normal", "high", "urgent"]
    """Its urgency, which orders the inbox."""
    assignees: Sequence[str]
    """The accounts that may answer; the execution's owner if empty."""
    timeout_seconds: int
    """Seconds from when it is asked, also while the execution is paused."""
    timeout_action: Literal["fail", "continue", "default_response"]
    """When time is over: fail with `hil_timeout`, leave by `timeout`, or take the default."""
    default_response: Mapping[str, Any] | None
    """`default_response`: the system's answer, as a person would send it."""
    approval_options: Sequence[Mapping[str, Any]]
    """`approval`: `{value, label, decision}` each; without any, `approve` and `reject`."""
    input_fields: Sequence[Mapping[str, Any]]
    """`input`: `{name, label, type, required, …}` each."""
    selection_options: Sequence[Mapping[str, Any]]
    """`selection`: `{value, label}` each."""
    min_selections: int
    """`selection`: the fewest to choose."""
    max_selections: int
    """`selection`: the most to choose."""
    content: Any
    """`review`: what is shown."""
    webhook_url: str | None
    """`webhook`: where the question is posted, with the link that answers it (no `assignees`)."""
    webhook_secret: str | None
    """`webhook`: the name of the secret that signs it (TREADLE_SECRET_<NAME> of the scheduler). It is offered to the owner, and for that address, by TREADLE_OFFERED_SECRETS."""


class Methods:
    """The methods of a workflow that make its nodes."""

    def _node(self, key: str, id: str, fields: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def manual(self, id: str, /, **options: Unpack[ManualOptions]) -> nodes.Node:
        """Starts an execution at a submission, and puts out the submitted input."""
        fields: dict[str, Any] = {**options}
        return cast(nodes.Node, self._node("TRIGGER.MANUAL", id, fields))

    def if_(self, id: str, /, condition_expression: Code, **options: Unpack[IfOptions]) -> nodes.If:
        """Leaves by `true` or `false`, as its condition says.

        Args:
            condition_expression: Empty, zero, null and false count as false.
        """
        fields: dict[str, Any] = {"condition_expression": condition_expression, **options}
        return cast(nodes.If, self._node("FLOW.IF", id, fields))

    def switch(
        self, id: str, /, cases: Sequence[Mapping[str, Any]], **options: Unpack[SwitchOptions]
    ) -> nodes.Switch:
        """Leaves by the key of the first case that holds, else by its default key.

        Args:
            cases: In order: each has the `key` it leaves by, and the expression `when` it does.
        """
        fields: dict[str, Any] = {"cases": cases, **options}
        return cast(nodes.Switch, self._node("FLOW.SWITCH", id, fields))

    def filter(
        self, id: str, /, over: Code, expression: Code, **options: Unpack[FilterOptions]
    ) -> nodes.Node:
        """Keeps the items of a list for which an expression holds.

        Args:
            over: The list, or results that a loop refers to.
            expression: Whether an `item` is kept.
        """
        fields: dict[str, Any] = {"over": over, "expression": expression, **options}
        return cast(nodes.Node, self._node("FLOW.FILTER", id, fields))

    def sort(
        self, id: str, /, over: Code, sort_field: str, **options: Unpack[SortOptions]
    ) -> nodes.Node:
        """Orders the items of a list by a field; stable, nulls last.

        Args:
            over: The list, or results that a loop refers to.
            sort_field: The field to sort by, with dots for nested fields; empty sorts by the items themselves.
        """
        fields: dict[str, Any] = {"over": over, "sort_field": sort_field, **options}
        return cast(nodes.Node, self._node("FLOW.SORT", id, fields))

    def merge(self, id: str, /, **options: Unpack[MergeOptions]) -> nodes.Node:
        """Brings the lists of several branches together."""
        fields: dict[str, Any] = {**options}
        return cast(nodes.Node, self._node("FLOW.MERGE", id, fields))

    def delay(self, id: str, /, **options: Unpack[DelayOptions]) -> nodes.Node:
        """Continues after a set time; occupies no worker meanwhile."""
        fields: dict[str, Any] = {**options}
        return cast(nodes.Node, self._node("FLOW.DELAY", id, fields))

    def for_each(self, id: str, /, over: Code, **options: Unpack[ForEachOptions]) -> nodes.ForEach:
        """Runs its body once for each entry of a list or object, several at a time.

        Args:
            over: A list, an object (its entries are `{key, value}`), or results that a loop refers to.
        """
        fields: dict[str, Any] = {"over": over, **options}
        return cast(nodes.ForEach, self._node("FLOW.FOR_EACH", id, fields))

    def loop(self, id: str, /, **options: Unpack[LoopOptions]) -> nodes.InSequence:
        """Runs its body in sequence, over a range of numbers or while a condition holds."""
        fields: dict[str, Any] = {**options}
        return cast(nodes.InSequence, self._node("FLOW.LOOP", id, fields))

    def transform(self, id: str, /, **options: Unpack[TransformOptions]) -> nodes.Node:
        """Maps, filters, sorts, groups, joins and reshapes data."""
        fields: dict[str, Any] = {**options}
        return cast(nodes.Node, self._node("ACTION.DATA_TRANSFORMATION", id, fields))

    def http(self, id: str, /, url: str, **options: Unpack[HttpOptions]) -> nodes.Node:
        """Sends an HTTP request; a status from 400 on is a failure unless accepted.

        Args:
            url: The address, http or https. A private address must be one that the operator allows.
        """
        fields: dict[str, Any] = {"url": url, **options}
        return cast(nodes.Node, self._node("ACTION.HTTP_REQUEST", id, fields))

    def python_task(
        self, id: str, /, task: str, **options: Unpack[PythonTaskOptions]
    ) -> nodes.Node:
        """Calls a Python function marked with @task.

        Args:
            task: The name the function is registered under; its parameters come from the node's input.
        """
        fields: dict[str, Any] = {"task": task, **options}
        return cast(nodes.Node, self._node("ACTION.PYTHON_TASK", id, fields))

    def openai(self, id: str, /, user_prompt: str, **options: Unpack[OpenaiOptions]) -> nodes.Node:
        """Asks a model of OpenAI, or of a service with its API, once.

        Args:
            user_prompt: The user message.
        """
        fields: dict[str, Any] = {"user_prompt": user_prompt, **options}
        return cast(nodes.Node, self._node("AI_AGENT.OPENAI_CHATGPT", id, fields))

    def claude(self, id: str, /, user_prompt: str, **options: Unpack[ClaudeOptions]) -> nodes.Node:
        """Asks a model of Anthropic once.

        Args:
            user_prompt: The user message.
        """
        fields: dict[str, Any] = {"user_prompt": user_prompt, **options}
        return cast(nodes.Node, self._node("AI_AGENT.ANTHROPIC_CLAUDE", id, fields))

    def approval(
        self, id: str, /, title: str, **options: Unpack[ApprovalOptions]
    ) -> nodes.Question:
        """Asks a person, by default for a yes or no, and leaves by the decision.

        Args:
            title: What is asked, in a line.
        """
        fields: dict[str, Any] = {"title": title, **options}
        return cast(nodes.Question, self._node("HUMAN_IN_THE_LOOP.IN_APP_APPROVAL", id, fields))

    def review(self, id: str, /, title: str, **options: Unpack[ReviewOptions]) -> nodes.Question:
        """Shows content to a person, who may edit it before it is passed on.

        Args:
            title: What is asked, in a line.
        """
        fields: dict[str, Any] = {"title": title, **options}
        return cast(nodes.Question, self._node("HUMAN_IN_THE_LOOP.MANUAL_REVIEW", id, fields))
