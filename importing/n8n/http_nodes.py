"""n8n's HTTP Request, in all versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from treadle.importing.n8n.scope import Convert, under
from treadle.importing.n8n.step import Output, Outputs, Step
from treadle.importing.n8n.task_nodes import task
from treadle.importing.report import Reason
from treadle.importing.texts import literal, marked, plain, slug

_BODIES = {
    "json": "json",
    "form-urlencoded": "form",
    "raw": "raw",
    "multipart-form-data": "multipart",
}
#: Options that have no effect here, or no equivalent.
_LOST = {
    "pagination": "further pages are not fetched: repeat the request in a FLOW.LOOP",
    "batching": "requests are not spaced out: a FLOW.DELAY in the loop does it",
    "proxy": "the operator's network decides",
    "allowUnauthorizedCerts": "certificates are always checked",
    "queryParameterArrays": "a list becomes a repeated parameter",
}


def http_request(step: Step) -> Outputs:
    """HTTP Request: one call."""
    parameters, options = step.node.parameters, step.node.options
    if _gives_a_file(parameters, options) or _sends_a_file(parameters):
        step.note(Reason.OUTPUT_DIFFERS, "Files do not travel between nodes.")
        return task(step)
    step.maps("ACTION.HTTP_REQUEST")
    config: dict[str, Any] = {"method": _method(step)}
    query = _pairs(step, "query")
    config["url"], secret_query = _address(step)
    query = {**secret_query, **query}
    headers = _pairs(step, "header")
    config.update({"query_params": query} if query else {})
    config.update(_body(step))
    auth, extra = _auth(step)
    headers = {name: value if isinstance(value, str) else json.dumps(value)
               for name, value in {**headers, **extra}.items()}  # fmt: skip
    config.update({"headers": headers} if headers else {})
    config.update({"auth": auth} if auth else {})
    config.update(_options(step))
    return {0: Output(step.add("ACTION.HTTP_REQUEST", config), convert=_convert(step))}


def _method(step: Step) -> Any:
    given = step.node.parameters.get("method", step.node.parameters.get("requestMethod", "GET"))
    return step.template(given, "method")


def _address(step: Step) -> tuple[Any, dict[str, Any]]:
    """Return the address, and parameters of it that hold secrets."""
    given = step.node.parameters.get("url", "")
    text = given[1:] if isinstance(given, str) and given.startswith("=") else given
    if isinstance(text, str) and marked(text) and "{{" not in text:
        parts = urlsplit(text)
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if any(marked(value) for _, value in pairs) and not marked(parts.netloc + parts.path):
            rest = urlunsplit((parts.scheme, parts.netloc, parts.path, "", parts.fragment))
            return plain(rest), {name: plain(value) for name, value in pairs}
    url = step.template(given, "url")
    if not url:
        step.note(Reason.PLACEHOLDER, "The address is missing; write it.", "url")
        url = "https://example.invalid/"
    if isinstance(url, str) and not url.lower().startswith(("http://", "https://", "{{")):
        step.note(Reason.SETTING_CHANGED, "`http://` stands before the address, as n8n adds it.",
                  "url")  # fmt: skip
        url = f"http://{url}"
    return url, {}


def _pairs(step: Step, kind: str) -> dict[str, Any]:
    """Return the query or the headers, in whichever form the version has them."""
    parameters, found = step.node.parameters, {}
    version = step.node.version
    group = f"{kind}Parameters" if version >= 3 else f"{kind}ParametersUi"
    sent = {"query": "sendQuery", "header": "sendHeaders"}[kind]
    if version >= 3 and parameters.get(sent) is not True:
        return {}
    listed = parameters.get(group)
    for index, each in enumerate(_listing(listed)):
        name = step.scope.known(each.get("name"))
        if name:
            found[name] = step.template(
                each.get("value", ""), group, _inner(listed), index, "value"
            )
        elif each.get("name"):
            step.note(Reason.EXPRESSION_NOT_TRANSLATED, "A name is fixed here.", group)
    for key in (f"json{kind.title()}", f"{kind}ParametersJson"):
        given = parameters.get(key)
        if isinstance(given, str) and (
            version < 3 or parameters.get(f"specify{kind.title()}") == "json"
        ):
            found.update(_object(step, given, key))
    return found


def _object(step: Step, given: str, key: str) -> dict[str, Any]:
    """Return a JSON text of headers or parameters as an object."""
    try:
        read = json.loads(given.removeprefix("="))
    except ValueError:
        read = None
    if not isinstance(read, dict):
        step.note(Reason.SETTING_LOST, "It is no JSON object before a run; write it anew.", key)
        return {}
    expression = given.startswith("=")
    return {
        name: step.template(f"={value}" if expression and isinstance(value, str) else value, key)
        for name, value in read.items()
    }


def _listing(group: Any) -> list[dict[str, Any]]:
    inner = group.get(_inner(group)) if isinstance(group, dict) else None
    return [each for each in inner if isinstance(each, dict)] if isinstance(inner, list) else []


def _inner(group: Any) -> str:
    return "parameters" if not isinstance(group, dict) or "parameters" in group else "parameter"


def _body(step: Step) -> dict[str, Any]:
    """Return the body and its type."""
    parameters, version = step.node.parameters, step.node.version
    if version < 3:
        kind = _BODIES.get(str(parameters.get("bodyContentType", "json")), "json")
        given = parameters.get("bodyParametersJson")
        if isinstance(given, str) and given and parameters.get("jsonParameters") is True:
            return {"body": _json_body(step, given, "bodyParametersJson"), "body_type": kind}
        listed, group = parameters.get("bodyParametersUi"), "bodyParametersUi"
    else:
        if parameters.get("sendBody") is not True:
            return {}
        kind = _BODIES.get(str(parameters.get("contentType", "json")), "json")
        if kind == "raw":
            return {"body": step.template(parameters.get("body", ""), "body"), "body_type": "raw"}
        if parameters.get("specifyBody") == "json":
            body = _json_body(step, parameters.get("jsonBody", "{}"), "jsonBody")
            return {"body": body, "body_type": kind}
        if parameters.get("specifyBody") == "string":
            return {"body": step.template(parameters.get("body", ""), "body"), "body_type": "raw"}
        listed, group = parameters.get("bodyParameters"), "bodyParameters"
    body = {
        str(each.get("name")): step.template(
            each.get("value", ""), group, _inner(listed), at, "value"
        )
        for at, each in enumerate(_listing(listed))
    }
    return {"body": body, "body_type": kind} if body else {}


def _json_body(step: Step, given: Any, key: str) -> Any:
    """Return a JSON text as the value that is sent; one with expressions inside is computed."""
    if not isinstance(given, str):
        return step.template(given, key)
    if not given.startswith("="):
        try:
            return step.template(json.loads(given), key)
        except ValueError:
            return plain(given)
    try:
        read = json.loads(given[1:])
    except ValueError:
        written = step.expression(given, key)
        parsed = f"({written}) | from_json" if " ~ " in written or "to_json" in written else written
        return f"{{{{ {written if 'not_translated' in written else parsed} }}}}"
    return _with_expressions(step, read, key)


def _with_expressions(step: Step, value: Any, key: str) -> Any:
    """Write a document in which texts hold expressions; each stays a text, as it is in quotes."""
    if isinstance(value, dict):
        return {name: _with_expressions(step, each, key) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_expressions(step, each, key) for each in value]
    if not isinstance(value, str) or "{{" not in value:
        return plain(value) if isinstance(value, str) else value
    written = step.template(f"={value}", key)
    if value.startswith("{{") and value.endswith("}}") and value.count("{{") == 1:
        return f"{{{{ ({written[2:-2].strip()}) | string }}}}"
    return written


def _auth(step: Step) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the authentication, and headers that stand for one."""
    parameters = step.node.parameters
    how = str(parameters.get("authentication", "none"))
    if how in ("none", ""):
        return {}, {}
    kind = str(parameters.get("genericAuthType") or parameters.get("nodeCredentialType") or how)
    stored = step.node.raw.get("credentials")
    given = stored.get(kind) if isinstance(stored, dict) else None
    label = given.get("name") if isinstance(given, dict) else None
    name = slug(str(label or kind), "credential").upper()
    kind = kind.removeprefix("http").lower()
    what = f"the secret `{name}` (TREADLE_SECRET_{name} of the workers)"
    result: tuple[dict[str, Any], dict[str, str]]
    if kind.startswith("basicauth"):
        user, password = f"{name}_USER", f"{name}_PASSWORD"
        what = f"the secrets `{user}` and `{password}`"
        result = {"type": "basic", "username": _secret(user), "password": _secret(password)}, {}
    elif kind.startswith("queryauth"):
        what += " as the query parameter `api_key`; the credential in n8n says how it is called"
        result = {"type": "api_key", "key": "api_key", "value": _secret(name), "place": "query"}, {}
    elif kind.startswith("headerauth"):
        what += " as the header `Authorization`; the credential in n8n says how it is called"
        result = {}, {"Authorization": _secret(name)}
    else:
        what += (
            ", sent as a bearer token"
            + (", which is not refreshed" if "oauth" in kind else "")
            + "; if the service wants another header, set that instead"
        )
        result = {"type": "bearer", "token": _secret(name)}, {}
    step.note(Reason.CREDENTIAL_BY_ID, f"n8n keeps the credential {label or kind!r}. In its place:"
              f" {what}.", "authentication")  # fmt: skip
    return result


def _secret(name: str) -> str:
    return f"{{{{ secrets.{name} }}}}"


def _response(options: Mapping[str, Any]) -> Mapping[str, Any]:
    outer = options.get("response")
    inner = outer.get("response") if isinstance(outer, dict) else None
    return inner if isinstance(inner, dict) else {}


def _gives_a_file(parameters: Mapping[str, Any], options: Mapping[str, Any]) -> bool:
    return "file" in (_response(options).get("responseFormat"), parameters.get("responseFormat"))


def _sends_a_file(parameters: Mapping[str, Any]) -> bool:
    parts = _listing(parameters.get("bodyParameters"))
    return (
        parameters.get("contentType") == "binaryData"
        or parameters.get("sendBinaryData") is True
        or any(each.get("parameterType") == "formBinaryData" for each in parts)
    )


def _options(step: Step) -> dict[str, Any]:
    options = step.node.options
    config: dict[str, Any] = {}
    timeout = options.get("timeout")
    if isinstance(timeout, int | float):
        config["timeout"] = min(max(round(timeout / 1000), 1), 1000)
    if _response(options).get("neverError") is True or options.get("ignoreResponseCode") is True:
        config["accept_status"] = list(range(400, 600))
    outer = options.get("redirect")
    redirect = outer.get("redirect") if isinstance(outer, dict) else None
    if isinstance(redirect, dict):
        config["follow_redirects"] = redirect.get("followRedirects", True) is not False
    for name, why in _LOST.items():
        if name in options:
            step.note(Reason.SETTING_LOST, f"`{name}`: {why}.", "options", name)
    return config


def _convert(step: Step) -> Convert:
    """Return how an item is read from the answer."""
    response = _response(step.node.options)
    if response.get("fullResponse") is True or step.node.options.get("fullResponse") is True:
        return lambda root: (
            f"{{'body': {root}.json, 'headers': {root}.headers, 'statusCode': {root}.status_code}}"
        )
    if "text" in (response.get("responseFormat"), step.node.options.get("responseFormat"),
                  step.node.parameters.get("responseFormat")):  # fmt: skip
        name = str(response.get("outputPropertyName") or "data")
        return lambda root: f"{{{literal(name)}: {root}.body}}"
    if step.used:
        step.note(
            Reason.ITEMS_UNKNOWN,
            f"n8n makes an item of each element if the answer is a list. Here `{step.id}` has one:"
            " the answer as JSON. If it is a list, go over `input.data` with FLOW.FOR_EACH.",
        )
    return under("json")
