"""Nodes of the reference system that become a `@task`, and what starts a workflow."""

from __future__ import annotations

from typing import Any

from treadle.importing.reference.step import Exit, Exits, Step
from treadle.importing.report import Reason
from treadle.importing.texts import marked, slug

_POLICY = frozenset({"timeout", "retry_attempts", "enabled", "max_retries"})
_INSTEAD = {
    "SLACK": "post to Slack's Web API or an incoming webhook with ACTION.HTTP_REQUEST",
    "GITHUB": "call GitHub's REST API with ACTION.HTTP_REQUEST and `auth: bearer`",
    "NOTION": "call Notion's API with ACTION.HTTP_REQUEST and `auth: bearer`",
    "GOOGLE_CALENDAR": "call Google's API with ACTION.HTTP_REQUEST and a token",
    "FIRECRAWL": "call Firecrawl's API with ACTION.HTTP_REQUEST and `auth: bearer`",
    "DISCORD_ACTION": "post to a webhook of Discord with ACTION.HTTP_REQUEST",
    "TELEGRAM_ACTION": "a `@task` that calls the Bot API, as its token stands in the address",
    "GOOGLE_GEMINI": "AI_AGENT.OPENAI_CHATGPT with the `base_url` of Gemini's OpenAI interface",
    "WAIT": "FLOW.DELAY for a time, HUMAN_IN_THE_LOOP.IN_APP_APPROVAL for a signal, FLOW.LOOP with"
    " FLOW.DELAY in it for a condition",
}
_CODE = frozenset({"RUN_CODE", "EXECUTE_SCRIPT"})

_WHEN = {
    "CRON": "let cron, or a timer of your system, run `treadle submit`",
    "WEBHOOK": "let the caller submit it over HTTP (POST /v1/executions), with an input of"
    " {headers, body, query_params, method, path}",
    "EMAIL": "submit it with the mail as input",
    "GITHUB": "let a webhook of GitHub's submit it over HTTP, with its payload as input",
    "SLACK": "submit it with the event as input",
}


def trigger(step: Step) -> Exits:
    """Any trigger becomes a manual one, which puts out the submitted input."""
    _, _, subtype = step.key.partition(".")
    label = step.config.get("trigger_name")
    config: dict[str, Any] = {"trigger_name": str(label or step.name)[:200]}
    if isinstance(step.config.get("description"), str) and step.config["description"]:
        config["description"] = step.config["description"]
    if subtype == "MANUAL":
        step.maps("TRIGGER.MANUAL")
    else:
        when = step.config.get("cron_expression")
        step.note(
            Reason.TRIGGER_NOT_AVAILABLE,
            f"{step.name!r} ({step.key}) is `{step.id}`, TRIGGER.MANUAL: this release starts"
            f" nothing by itself. Today: {_WHEN.get(subtype, 'submit it with the input')}"
            + (f": `{when}`." if isinstance(when, str) else "."),
        )
        zone = step.config.get("timezone")
        if isinstance(zone, str) and zone != "UTC":
            step.note(
                Reason.TIMEZONE, f"{zone}: dates here are in UTC.", "configurations", "timezone"
            )
    return {"result": Exit(step.add("TRIGGER.MANUAL", config))}


def task(step: Step) -> Exits:
    """Any node without a counterpart: a `@task` with its configurations and parameters."""
    subtype = step.key.partition(".")[2]
    config, params = step.config, step.params
    if subtype in _CODE:
        return _code(step)
    action = params.get("action_type") or config.get("action_type") or config.get("operation") or ""
    action = action if isinstance(action, str) and "{{" not in action else ""
    name = slug(f"{subtype.removesuffix('_ACTION')} {action}", "task")
    given = {
        **{
            k: step.template(k)
            for k, v in config.items()
            if k not in _POLICY and v not in ("", None, [], {})
        },
        **{k: step.template(k, of_input=True) for k in params},
    }
    instead = f" Today also: {_INSTEAD[subtype]}." if subtype in _INSTEAD else ""
    step.note(
        Reason.NODE_NOT_AVAILABLE,
        f"{step.key} is not in this release. {step.name!r} is `{step.id}`, which calls the `@task`"
        f" {name!r}: write it; it gets the node's parameters by name and returns its output."
        f"{instead}",
    )
    if any(marked(str(each)) for each in given.values()):
        step.note(
            Reason.SECRET_MISPLACED,
            "A task reads its secrets from the environment; the name"
            " of the variable stands in the parameter.",
        )
    settings = {"task": name, **policy(step)}
    node = step.add("ACTION.PYTHON_TASK", settings, input_params=given)
    return {"result": Exit(node)}


def _code(step: Step) -> Exits:
    name = slug(step.name, "code")
    source = next(
        (str(step.config[k]) for k in ("code", "script", "source") if step.config.get(k)), ""
    )
    step.note(
        Reason.CODE_NOT_RUN,
        f"Code does not run from a definition. `{step.id}` calls the `@task` {name!r}: write it;"
        " its source stands in the description of the node.",
    )
    node = step.add(
        "ACTION.PYTHON_TASK",
        {"task": name, **policy(step)},
        description=f"It does not run:\n\n{source[:20_000]}",
    )
    return {"result": Exit(node)}


def policy(step: Step) -> dict[str, Any]:
    """Return time limit and retries, within what Treadle takes."""
    found: dict[str, Any] = {}
    for name, ours, low, high in (
        ("timeout", "timeout", 1, 1000),
        ("retry_attempts", "max_retries", 0, 10),
    ):
        value = step.config.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            found[ours] = min(max(value, low), high)
            if found[ours] != value:
                step.note(
                    Reason.SETTING_CHANGED,
                    f"`{name}` is {found[ours]}; {value} is out of range.",
                    "configurations",
                    name,
                )
    if found.get("max_retries"):
        step.note(
            Reason.RETRIES_DIFFER,
            "Only errors that a repetition can help are tried again,"
            " after growing delays; there, every error was.",
        )
    return found
