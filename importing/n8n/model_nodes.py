"""n8n's nodes that ask a model: chains, agents, OpenAI; with the models that hang on them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from treadle.dag.output_schema import schema_problems
from treadle.importing.n8n.document import Node
from treadle.importing.n8n.scope import Convert
from treadle.importing.n8n.step import Output, Outputs, Step
from treadle.importing.n8n.task_nodes import task
from treadle.importing.report import Reason
from treadle.importing.texts import slug

OPENAI, CLAUDE = "AI_AGENT.OPENAI_CHATGPT", "AI_AGENT.ANTHROPIC_CLAUDE"

#: Models by the type of their node: ours, and the address of a service with OpenAI's interface.
_MODELS: Mapping[str, tuple[str, str | None]] = {
    "lmChatOpenAi": (OPENAI, None),
    "lmOpenAi": (OPENAI, None),
    "lmChatAnthropic": (CLAUDE, None),
    "lmChatGroq": (OPENAI, "https://api.groq.com/openai/v1"),
    "lmChatMistralCloud": (OPENAI, "https://api.mistral.ai/v1"),
    "lmChatOpenRouter": (OPENAI, "https://openrouter.ai/api/v1"),
    "lmChatDeepSeek": (OPENAI, "https://api.deepseek.com/v1"),
}

#: What OpenAI's node does that is one conversation.
_TALKS = frozenset(
    {("text", "message"), ("chat", "complete"), ("text", "response"), ("text", "complete")}
)


def chain(step: Step) -> Outputs:
    """Basic LLM Chain: a prompt, the answer under `text`."""
    parameters = step.node.parameters
    prompt = parameters.get("text") if "text" in parameters else parameters.get("prompt")
    if prompt is None or parameters.get("promptType") == "auto":
        prompt = "={{ $json.chatInput }}"
    messages = parameters.get("messages")
    listed = messages.get("messageValues") if isinstance(messages, dict) else None
    system = _joined(step, listed, "message", ("messages", "messageValues"))
    return _ask(step, prompt, system, "text")


def agent(step: Step) -> Outputs:
    """AI Agent: one call of its model; the answer under `output`."""
    parameters = step.node.parameters
    prompt = parameters.get("text")
    if prompt is None or parameters.get("promptType") == "auto":
        prompt = "={{ $json.chatInput }}" if step.node.version >= 1.6 else "={{ $json.input }}"
    system = step.node.options.get("systemMessage", "")
    return _ask(step, prompt, step.template(system, "options", "systemMessage"), "output")


def _ask(step: Step, prompt: Any, system: str, field: str) -> Outputs:
    models = [node for kind, node in step.parts if kind == "ai_languageModel"]
    ours = _MODELS.get(models[0].type) if models else None
    for kind, node in step.parts:
        if kind in ("ai_tool", "ai_memory", "ai_retriever", "ai_vectorStore"):
            step.scope.report.add(
                node.path,
                Reason.SUB_NODE_LOST,
                f"{node.name!r} ({node.type}) is left out: a model is called once, without tools or"
                " memory. Give it what it needs in its prompt, or fetch it in a node before.",
            )
    if ours is None:
        for node in models:
            step.scope.report.add(node.path, Reason.SUB_NODE_LOST, f"{node.name!r} ({node.type}) is"
                                  " no model of this release's.")  # fmt: skip
        return task(step)
    key, address = ours
    model = models[0]
    if len(models) > 1:
        step.scope.report.add(models[1].path, Reason.SUB_NODE_LOST, "One model is called.")
    step.maps(key)
    config = {"user_prompt": step.template(prompt, "text") or " "}
    if system:
        config["system_prompt"] = system
    config.update(_of_model(step, model, key, address))
    schema = _schema(step)
    if schema is not None:
        config["output_schema"] = schema
    wanted = "output" if schema is not None else field
    node_id = step.add(key, config)
    return {0: Output(node_id, convert=_field(wanted, "data" if schema is not None else "text"))}


def _field(name: str, ours: str) -> Convert:
    if name == ours:
        return lambda root: root
    return lambda root: f"{{'{name}': {root}.{ours}}}"


def _of_model(step: Step, model: Node, key: str, address: str | None) -> dict[str, Any]:
    """Return model, temperature, length and credential, as far as the provider takes them."""
    parameters = model.parameters
    config: dict[str, Any] = {}
    named = parameters.get("model", parameters.get("modelName"))
    named = named.get("value") if isinstance(named, dict) else named
    if isinstance(named, str) and named and not named.startswith("="):
        config["model"] = named
    else:
        step.scope.report.add(model.path, Reason.SETTING_CHANGED, "The model is the default of"
                              f" {key}; n8n's default is another.")  # fmt: skip
    options = model.options
    temperature = options.get("temperature")
    if isinstance(temperature, int | float) and 0 <= temperature <= (1 if key == CLAUDE else 2):
        config["temperature"] = float(temperature)
    length = options.get("maxTokens", options.get("maxTokensToSample"))
    if isinstance(length, int) and length > 0:
        config["max_tokens"] = length
    lost = set(options) - {"temperature", "maxTokens", "maxTokensToSample", "baseURL", "timeout"}
    if lost:
        step.scope.report.add(model.path, Reason.SETTING_LOST, f"{', '.join(sorted(lost))}: a model"
                              " is not asked with these.")  # fmt: skip
    given = options.get("baseURL")
    base = given if isinstance(given, str) and given and not given.startswith("=") else address
    return {**config, **_credential(step, model, base)}


def _credential(step: Step, node: Node, base: str | None) -> dict[str, Any]:
    stored = node.raw.get("credentials")
    found = next(iter(stored.values()), None) if isinstance(stored, dict) else None
    label = found.get("name") if isinstance(found, dict) else None
    if base is None:
        if label:
            step.scope.report.add(
                node.path, Reason.CREDENTIAL_BY_ID, f"n8n keeps the credential {label!r}. Here the"
                " operator's key is used (OPENAI_API_KEY, ANTHROPIC_API_KEY); another one is named"
                " in `credential`.",
            )  # fmt: skip
        return {}
    name = slug(str(label or node.type), "model_key").upper()
    step.scope.report.add(node.path, Reason.CREDENTIAL_BY_ID, f"For {base} set the secret `{name}`"
                          f" (TREADLE_SECRET_{name} of the workers).")  # fmt: skip
    return {"base_url": base, "credential": f"{{{{ secrets.{name} }}}}"}


def _schema(step: Step) -> dict[str, Any] | None:
    """Return the schema of the parser that hangs on a node, if Treadle can hold an answer to it."""
    for kind, node in step.parts:
        if kind != "ai_outputParser":
            continue
        given = node.parameters.get("inputSchema", node.parameters.get("jsonSchema"))
        try:
            schema = json.loads(given) if isinstance(given, str) else None
        except ValueError:
            schema = None
        if isinstance(schema, dict) and not any(schema_problems(schema)):
            return schema
        step.scope.report.add(
            node.path,
            Reason.SUB_NODE_LOST,
            f"{node.name!r}: the answer is held to no schema; it is text. Write the JSON Schema of"
            " an object into `output_schema`.",
        )
    return None


def openai(step: Step) -> Outputs:
    """OpenAI: a conversation; everything else it does becomes a task."""
    parameters = step.node.parameters
    newer = step.node.type == "openAi" and step.node.raw.get("type", "").startswith("@n8n")
    resource = parameters.get("resource", "text")
    operation = parameters.get("operation", "message" if newer else "complete")
    if (resource, operation) not in _TALKS or (newer and operation == "complete"):
        return task(step)
    outer = parameters.get("messages") or parameters.get("prompt") or parameters.get("responses")
    listed = outer.get("values", outer.get("messages")) if isinstance(outer, dict) else None
    if not isinstance(listed, list):
        listed = [{"content": outer if isinstance(outer, str) else ""}]
    place = ("messages", "values")
    system = [each for each in listed if each.get("role") in ("system", "developer")]
    others = [each for each in listed if each not in system]
    if any(each.get("role") == "assistant" for each in listed):
        step.note(Reason.SETTING_CHANGED, "Messages of the assistant stand in the user's prompt.")
    step.maps(OPENAI)
    config = {"user_prompt": _joined(step, others, "content", place) or " "}
    if system:
        config["system_prompt"] = _joined(step, system, "content", place)
    named = parameters.get("modelId", parameters.get("chatModel", parameters.get("model")))
    fake = Node(step.node.index, step.node.name, step.node.type, step.node.version,
                {"model": named, "options": step.node.options}, step.node.raw)  # fmt: skip
    config.update(_of_model(step, fake, OPENAI, None))
    if parameters.get("jsonOutput") is True:
        step.note(Reason.OUTPUT_DIFFERS, "The answer is text; read it with `| from_json`, or hold"
                  " it to an `output_schema`.", "jsonOutput")  # fmt: skip
    node_id = step.add(OPENAI, config)
    return {
        0: Output(
            node_id,
            convert=lambda root: f"{{'message': {{'role': 'assistant', 'content': {root}.text}}}}",
        )
    }


def _joined(step: Step, messages: Any, key: str, place: tuple[str, ...]) -> str:
    """Write messages as one text."""
    texts = [
        str(step.template(each.get(key, ""), *place, index, key))
        for index, each in enumerate(messages if isinstance(messages, list) else ())
        if isinstance(each, dict) and each.get(key)
    ]
    return "\n\n".join(texts)
