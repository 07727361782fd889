"""Bodies of HTTP requests and answers: between JSON values and bytes. Pure."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from treadle.core.errors import TreadleError
from treadle.dag.values import (
    PAYLOAD_LIMIT_BYTES,
    NotAValue,
    Value,
    dumps,
    loads_exactly,
)

_CHARSETS = re.compile(
    r"(utf-?(8|16|32)|(us-)?ascii|iso-?8859|latin|windows-|cp\d|koi8|gb|big5|"
    r"shift_?jis|euc)[\w-]*"
)
#: Charsets that servers name. Python's other codecs are not text, or slow on hostile input.

_LARGE = 1024 * 1024
#: Characters of JSON from which on it may not fit into a payload beside its text.

_HEAD_BYTES = 256 * 1024
#: What status, address and headers may take of a payload.


class BodyNotSendable(TreadleError):
    """The request body does not match `body_type`."""

    reason = "body_not_valid"
    solution = "Give an object of fields for `form` and `multipart`, and text for `raw`."


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent, and how it is called."""

    content: bytes
    content_type: str | None


def encoded(body: Value, body_type: str) -> Body:
    """Write a body as its type says; null is no body.

    Raises:
        BodyNotSendable: the value does not fit the type.
    """
    if body is None or body_type == "none":
        return Body(b"", None)
    match body_type:
        case "json":
            return Body(dumps(body), "application/json")
        case "form":
            return Body(query(_fields(body)).encode(), "application/x-www-form-urlencoded")
        case "multipart":
            return _multipart(_fields(body))
        case _:
            return Body(_text(body, "A raw body").encode(), "text/plain; charset=utf-8")


def query(fields: dict[str, Value]) -> str:
    """Write fields as a query string: lists repeat their name, null is left out."""
    pairs: list[tuple[str, str]] = []
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                pairs.append((name, _text(each, f"The parameter {name}")))
    return urlencode(pairs)


def decoded(content: bytes, content_type: str | None) -> dict[str, Any]:
    """Read an answer's body: `body` and `json`, and `body_encoding` where it is no text.

    `body` is the text by its charset; bytes that are no text stand there as base64, and
    `body_encoding` says so. `json` is the value if the answer calls itself JSON and is such a
    value exactly, else null. If a payload cannot hold both, `body` is null.
    """
    kind, charset = _content_type(content_type)
    try:
        text = content.decode(charset)
    except UnicodeError:
        bare = base64.b64encode(content).decode()
        return {"body": bare, "json": None, "body_encoding": "base64"}
    is_json = kind == "application/json" or kind.endswith("+json")
    output = {"body": text, "json": _json(text) if is_json else None}
    if output["json"] is not None and len(text) > _LARGE and not _fits(output):
        output["body"] = None
    return output


def _fits(output: dict[str, Any]) -> bool:
    return len(dumps(output)) <= PAYLOAD_LIMIT_BYTES - _HEAD_BYTES


def _json(text: str) -> Value:
    """Return the value, or null: the text stands beside it, and nothing is rounded to fit."""
    try:
        return loads_exactly(text)
    except (ValueError, RecursionError, NotAValue):
        return None


def _content_type(header: str | None) -> tuple[str, str]:
    """Return media type and charset; UTF-8 where none is given, or none that is known."""
    parsed = Message()
    parsed["content-type"] = header or "application/octet-stream"
    return parsed.get_content_type(), _codec(parsed.get_content_charset("utf-8"))


def _codec(charset: str) -> str:
    """Return Python's name of a charset; UTF-8, with or without its mark, for all others."""
    if not _CHARSETS.fullmatch(charset):
        return "utf-8-sig"
    try:
        known = codecs.lookup(charset).name
    except LookupError:
        return "utf-8-sig"
    return "utf-8-sig" if known == "utf-8" else known


def with_boundary(headers: dict[str, str], body: Body) -> dict[str, str]:
    """Return an author's headers, with the boundary of the body in a multipart Content-Type."""
    kind = body.content_type or ""
    if not kind.startswith("multipart/"):
        return headers
    boundary = kind.partition(";")[2].strip()
    return {
        name: f"{_without_boundary(value)}; {boundary}"
        if name.lower() == "content-type" and value.strip().lower().startswith("multipart/")
        else value
        for name, value in headers.items()
    }


def _without_boundary(content_type: str) -> str:
    kept = [each.strip() for each in content_type.split(";")]
    return "; ".join(each for each in kept if each and not each.lower().startswith("boundary="))


def _fields(body: Value) -> dict[str, Value]:
    if isinstance(body, dict):
        return body
    raise BodyNotSendable("A form is written from an object of fields.")


def _text(value: Value, what: str) -> str:
    """Return text as it is and single values as JSON writes them."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict | list):
        raise BodyNotSendable(
            f"{what} is an object or a list.", solution="Write it as text first: `| to_json`."
        )
    return dumps(value).decode()


def _multipart(fields: dict[str, Value]) -> Body:
    """Write `multipart/form-data`; a field `{filename, content}` is a file.

    A file may say its `content_type`, and that its content is `base64` with `encoding`.
    """
    boundary = secrets.token_hex(16)
    content = b"".join(_parts(fields, boundary)) + f"--{boundary}--\r\n".encode()
    return Body(content, f"multipart/form-data; boundary={boundary}")


def _parts(fields: dict[str, Value], boundary: str) -> Iterator[bytes]:
    for name, value in fields.items():
        for each in value if isinstance(value, list) else [value]:
            if each is None:
                continue
            head = f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"'
            if isinstance(each, dict):
                file_name, kind, content = _file(name, each)
                head += f'; filename="{_quoted(file_name)}"\r\nContent-Type: {kind}'
            else:
                content = _text(each, f"The field {name}").encode()
            yield head.encode() + b"\r\n\r\n" + content + b"\r\n"


def _file(name: str, file: dict[str, Value]) -> tuple[str, str, bytes]:
    file_name, content = file.get("filename"), file.get("content")
    kind = file.get("content_type", "application/octet-stream")
    if not isinstance(file_name, str) or not isinstance(content, str) or not isinstance(kind, str):
        raise BodyNotSendable(f"The file {name} needs a filename and a content, both text.")
    if any(character in kind for character in "\r\n"):
        raise BodyNotSendable(f"The content type of the file {name} has a line break.")
    if file.get("encoding") != "base64":
        return file_name, kind, content.encode()
    try:
        return file_name, kind, base64.b64decode(content, validate=True)
    except binascii.Error as exc:
        raise BodyNotSendable(f"The content of the file {name} is not base64.") from exc


def _quoted(name: str) -> str:
    """Write a name so that it cannot end its header, as HTML forms do."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
