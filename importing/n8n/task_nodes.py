"""n8n's nodes that become a `@task`: code, services, files; and what starts a workflow."""

from __future__ import annotations

import re
from typing import Any

from treadle.importing.n8n.scope import Items, same
from treadle.importing.n8n.step import Output, Outputs, Step, listed
from treadle.importing.report import Reason
from treadle.importing.texts import slug

#: Characters of a code that are kept in the description of its node.
_KEPT = 20_000
#: Parameters that say nothing to whoever writes the task.
_NOISE = frozenset({"options", "schema", "__rl", "cachedResultName", "cachedResultUrl"})
#: Operations that n8n answers with a list of items.
_LISTING = re.compile(
    r"getall|get_all|getmany|list|search|executequery|read|select|lookup|filter|find", re.IGNORECASE
)
_MAKES_LIST = re.compile(r"\.(?:map|push|filter|flatMap|all)\(|\bappend\(|\bfor\b")


def code(step: Step) -> Outputs:
    """Code, Function: a `@task` of the node's name, its source kept as a description."""
    parameters = step.node.parameters
    keys = ("jsCode", "pythonCode", "functionCode")
    key = next((each for each in keys if isinstance(parameters.get(each), str)), "jsCode")
    source = str(parameters.get(key, ""))
    language = "Python" if key == "pythonCode" else "JavaScript"
    per_item = parameters.get("mode") == "runOnceForEachItem" or step.node.type == "functionItem"
    many = step.many or (not per_item and _MAKES_LIST.search(source) is not None)
    items = Items.MANY if many else Items.ONE
    name = slug(step.node.name, "code")
    gets = "the list of items as `data`" if step.many else "the fields of the item by name"
    gives = "a list of objects" if many else "an object"
    step.note(
        Reason.CODE_NOT_RUN,
        f"{step.node.name!r} is {language}, which does not run from a definition. `{step.id}` calls"
        f" the `@task` {name!r}: write it; it gets {gets} and returns {gives}. The source stands in"
        " the description of the node.",
        key,
    )
    node = step.add(
        "ACTION.PYTHON_TASK",
        {"task": name},
        description=f"{language} of {step.node.name}, from n8n; it does not run:\n\n"
        f"{source[:_KEPT]}",
    )
    return {0: Output(node, items=items, convert=listed if many else same)}


def task(step: Step, *, items: Items | None = None) -> Outputs:
    """Any node without a counterpart: a `@task` with its parameters."""
    parameters = step.node.parameters
    words = [str(parameters[key]) for key in ("resource", "operation") if _word(parameters, key)]
    name = slug(" ".join([step.node.type, *words]), "task")
    if items is None:
        lists = _LISTING.search(" ".join([*words[-1:], step.node.type.rpartition(".")[2]]))
        items = Items.MANY if lists or parameters.get("returnAll") is True else Items.ONE
    given = step.template(_settings(parameters))
    step.note(
        Reason.TASK_TO_WRITE,
        f"There is no node for {step.node.type!r}. {step.node.name!r} is `{step.id}`, which calls"
        f" the `@task` {name!r}: write it; it gets the node's parameters by name and returns"
        f" {'a list of objects' if items is Items.MANY else 'an object'}. If the service has an"
        " HTTP interface, ACTION.HTTP_REQUEST works today.",
    )
    stored = step.node.raw.get("credentials")
    if isinstance(stored, dict) and stored:
        step.note(
            Reason.CREDENTIAL_BY_ID,
            f"n8n keeps the credential {', '.join(map(str, stored))}; let the task read its own"
            " from the environment of the workers.",
        )
    node = step.add("ACTION.PYTHON_TASK", {"task": name}, input_params=given)
    return {0: Output(node, items=items, convert=listed if items is Items.MANY else same)}


def call_workflow(step: Step) -> Outputs:
    """Execute Workflow: known to Treadle, and not in this release."""
    step.note(
        Reason.NODE_NOT_AVAILABLE,
        "ACTION.SUB_WORKFLOW is not in this release. Import the other workflow too, and submit it"
        " from the `@task`, or put its nodes into this one.",
    )
    return task(step)


def fail(step: Step) -> Outputs:
    """Stop and Error: a `@task` that raises."""
    step.note(Reason.OUTPUT_DIFFERS, "Let the task raise `NonRetryable` with the message.")
    return task(step)


def respond(step: Step) -> Outputs:
    """Respond to Webhook: an execution answers nobody; its output can be read."""
    step.note(
        Reason.NODE_NOT_AVAILABLE,
        "ACTION.RESPOND is not in this release: a caller reads the output of the execution"
        " (`treadle submit --watch --json`, or over HTTP). `" + step.id + "` puts out the answer.",
    )
    body = step.node.parameters.get("responseBody")
    kind = step.node.parameters.get("respondWith", "firstIncomingItem")
    if kind in ("json", "text") and body is not None and not step.many:
        return step.compute(f"{{'data': {step.expression(body, 'responseBody')}}}")
    return step.compute("input", items=step.scope.items)


def _word(parameters: Any, key: str) -> bool:
    value = parameters.get(key)
    return isinstance(value, str) and not value.startswith("=") and bool(value)


def _settings(value: Any) -> Any:
    """Return parameters without what only n8n's editor reads; a picked resource as its value."""
    if isinstance(value, dict):
        if value.get("__rl") is True:
            return _settings(value.get("value"))
        kept = {k: _settings(v) for k, v in value.items() if k not in _NOISE}
        options = value.get("options")
        if isinstance(options, dict) and options:
            kept["options"] = _settings(options)
        return kept
    if isinstance(value, list):
        return [_settings(each) for each in value]
    return value
