"""The reference system's HTTP_REQUEST and its models."""

from __future__ import annotations

import re
from typing import Any

from treadle.importing.reference.step import Exit, Exits, Step
from treadle.importing.reference.tasks import policy, task
from treadle.importing.report import Reason

_VARIABLE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
_SAMPLING = (
    "top_p",
    "frequency_penalty",
    "presence_penalty",
    "multimodal_config",
    "function_calling",
    "context_management",
    "safety_config",
    "cost_optimization",
    "output_processing",
    "performance_config",
)


def http_request(step: Step) -> Exits:
    """HTTP_REQUEST: a status from 400 on fails the node, where the execution went on there."""
    config, params = step.config, step.params
    made: dict[str, Any] = {"method": config.get("method", "GET"), "url": _url(step)}
    headers = {
        **_object(step.template("headers")),
        **_object(step.template("dynamic_headers", of_input=True)),
    }
    query = {
        **_object(step.template("query_params")),
        **_object(step.template("dynamic_query_params", of_input=True)),
    }
    if headers:
        made["headers"] = {name: str(value) for name, value in headers.items()}
    if query:
        made["query_params"] = query
    if "body" in params or "body" in config:
        made["body"] = step.template("body", of_input="body" in params)
        made["body_type"] = config.get("body_type", "json")
    for name in ("follow_redirects", "max_redirects"):
        if name in config:
            made[name] = config[name]
    if isinstance(config.get("auth"), dict):
        made["auth"] = step.template("auth")
    step.maps("ACTION.HTTP_REQUEST")
    step.note(
        Reason.ERROR_PATH,
        "A call that fails, or a status from 400 on, fails the node; there the execution went on."
        " Connect `error`, or list statuses in `accept_status`.",
    )
    node = step.add("ACTION.HTTP_REQUEST", {**made, **policy(step)})
    exits = Exit(node)
    return {"result": exits, "main": exits, "error": Exit(node, ("error",))}


def _url(step: Step) -> Any:
    variables = step.params.get("url_variables")
    url = step.template("url")
    if not isinstance(url, str) or not url:
        step.note(Reason.PLACEHOLDER, "The address is missing; write it.", "configurations", "url")
        return "https://example.invalid/"

    def filled(found: re.Match[str]) -> str:
        given = _object(variables).get(found[1])
        return (
            found[0]
            if given is None
            else str(step.texts.template(given, "input_params", "url_variables", found[1]))
        )

    return _VARIABLE.sub(filled, url)


def model(step: Step) -> Exits:
    """AI agents: one call of a model; of Gemini, a task."""
    config, params = step.config, step.params
    attached = step.raw.get("attached_nodes")
    if attached:
        step.note(
            Reason.SUB_NODE_LOST,
            "A model is called without tools and memory: give it what it needs in its prompt.",
            "attached_nodes",
        )
    if step.key.endswith("GOOGLE_GEMINI"):
        return task(step)
    prompt = step.template("user_prompt", of_input="user_prompt" in params)
    if not prompt:
        prompt = "{{ input.user_prompt }}"
        step.note(
            Reason.SETTING_CHANGED,
            "The prompt is the field `user_prompt` of the input.",
            "input_params",
        )
    made: dict[str, Any] = {"user_prompt": prompt}
    if config.get("system_prompt"):
        made["system_prompt"] = step.template("system_prompt")
    if isinstance(config.get("model"), str) and config["model"]:
        made["model"] = config["model"]
    highest = 1 if step.key.endswith("CLAUDE") else 2
    if isinstance(config.get("temperature"), int | float) and 0 <= config["temperature"] <= highest:
        made["temperature"] = float(config["temperature"])
    if isinstance(config.get("max_tokens"), int) and config["max_tokens"] > 0:
        made["max_tokens"] = config["max_tokens"]
    step.lose(*_SAMPLING, why="a model is not asked with it")
    step.maps(step.key)
    step.note(
        Reason.OUTPUT_DIFFERS,
        "The answer is {text}; what follows gets it as {content}. If"
        " it is JSON, hold it to an `output_schema`.",
    )
    node = step.add(step.key, {**made, **policy(step)})
    return {"result": Exit(node, convert=lambda root: f"{{'content': {root}.text}}")}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
