"""Bodies of requests and answers: between JSON values and bytes."""

from __future__ import annotations

import base64
from email import message_from_bytes
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from treadle.dag.values import Value, dumps
from treadle.workers.nodes.http.body import (
    BodyNotSendable,
    decoded,
    encoded,
    query,
    with_boundary,
)


@pytest.mark.parametrize(
    ("body", "body_type", "content", "content_type"),
    [
        ({"a": [1, "ü"]}, "json", '{"a":[1,"ü"]}'.encode(), "application/json"),
        ("text", "json", b'"text"', "application/json"),
        (False, "json", b"false", "application/json"),
        ("raw ü", "raw", "raw ü".encode(), "text/plain; charset=utf-8"),
        (7, "raw", b"7", "text/plain; charset=utf-8"),
        (
            {"a": 1, "b": ["x y", None, True], "c": None},
            "form",
            b"a=1&b=x+y&b=true",
            "application/x-www-form-urlencoded",
        ),
        (None, "json", b"", None),
        ({"a": 1}, "none", b"", None),
    ],
)
def test_a_body_is_written_as_its_type_says(
    body: Value, body_type: str, content: bytes, content_type: str | None
) -> None:
    """Null is no body; lists repeat their field; single values stand as in JSON."""
    written = encoded(body, body_type)
    assert (written.content, written.content_type) == (content, content_type)


@pytest.mark.parametrize(
    ("body", "body_type"),
    [
        ("text", "form"),
        ([1], "multipart"),
        ({"a": {"b": 1}}, "form"),
        ({"a": 1}, "raw"),
        ({"f": {"filename": "x"}}, "multipart"),
        ({"f": {"filename": "x", "content": "!", "encoding": "base64"}}, "multipart"),
        ({"f": {"filename": "x", "content": "", "content_type": "a\r\nb"}}, "multipart"),
    ],
)
def test_a_body_that_does_not_fit_its_type_is_refused(body: Value, body_type: str) -> None:
    """Nothing is sent that would mean something else than it says."""
    with pytest.raises(BodyNotSendable):
        encoded(body, body_type)


def parts_of(body: Value) -> list[Message]:
    written = encoded(body, "multipart")
    head = f"Content-Type: {written.content_type}\r\n\r\n".encode()
    whole, *parts = message_from_bytes(head + written.content).walk()
    assert whole.is_multipart()
    return parts


def test_a_multipart_body_carries_fields_and_files() -> None:
    """Another implementation reads it back, bytes included."""
    content = base64.b64encode(bytes(range(256))).decode()
    file = {"filename": "x.bin", "content": content, "encoding": "base64"}
    plain, binary = parts_of({"note": "grüße", "file": file})
    assert plain.get_param("name", header="content-disposition") == "note"
    assert plain.get_payload(decode=True) == "grüße".encode()
    assert binary.get_filename() == "x.bin"
    assert binary.get_payload(decode=True) == bytes(range(256))


def test_a_name_cannot_end_its_header() -> None:
    """Quotes and line breaks in names are data."""
    name = 'a"; filename="x\r\nX-Evil: 1'
    (part,) = parts_of({name: "v"})
    assert part.keys() == ["Content-Disposition"]
    assert part.get_filename() is None


@given(fields=st.dictionaries(st.text(), st.text() | st.integers(-(2**63), 2**63 - 1) | st.none()))
def test_a_query_is_read_back_as_it_was_written(fields: dict[str, Any]) -> None:
    """By the other side's parser."""

    told = dict(parse_qsl(query(fields), keep_blank_values=True))
    assert told == {name: str(value) for name, value in fields.items() if value is not None}


@pytest.mark.parametrize(
    ("content", "content_type", "body", "value"),
    [
        (b'{"a": 1}', "application/json", '{"a": 1}', {"a": 1}),
        (b"[1]", "application/problem+json; charset=utf-8", "[1]", [1]),
        (b'{"a": 1}', "text/plain", '{"a": 1}', None),
        (b'{"a": 1}', None, '{"a": 1}', None),
        (b"{broken", "application/json", "{broken", None),
        (b'\xef\xbb\xbf"bom"', "application/json", '"bom"', "bom"),
        ("grüße".encode("latin-1"), "text/plain; charset=ISO-8859-1", "grüße", None),
        (b"plain", "text/plain; charset=no-such", "plain", None),
        (b"plain", "text/plain; charset=idna", "plain", None),
        (b"-9223372036854775808", "application/json", "-9223372036854775808", -(2**63)),
        (b"9223372036854775808", "application/json", "9223372036854775808", None),
        (b"NaN", "application/json", "NaN", None),
        (b'"\\ud800"', "application/json", '"\\ud800"', None),
        (b"", "application/json", "", None),
    ],
)
def test_an_answer_is_read_by_what_it_calls_itself(
    content: bytes, content_type: str | None, body: str, value: Value
) -> None:
    """`json` is the value exactly or null, never rounded; the text stands beside it."""
    assert decoded(content, content_type) == {"body": body, "json": value}


def test_a_long_number_beside_a_lone_surrogate_is_not_json() -> None:
    """The careful reader is as strict as the fast one."""
    content = b'["\\ud800", 1000000000000000000]'
    assert decoded(content, "application/json")["json"] is None


def test_bytes_that_are_no_text_stand_as_base64() -> None:
    """And the answer says so, instead of losing some."""
    told = decoded(b"\x89PNG\xff", "image/png")
    assert base64.b64decode(told["body"]) == b"\x89PNG\xff"
    assert (told["body_encoding"], told["json"]) == ("base64", None)


@pytest.mark.parametrize(
    "charset", ["utf8mb4", "utf-8-bom", "windows-9999", "cp99999", "latin-99", "x", "", "'", "gb9"]
)
def test_an_unknown_charset_is_read_as_utf_8(charset: str) -> None:
    """An answer that came is never a failure for what it calls itself."""
    read = decoded('{"a": "ü"}'.encode(), f"application/json; charset={charset}")
    assert read == {"body": '{"a": "ü"}', "json": {"a": "ü"}}


@pytest.mark.parametrize("levels", [200, 250, 260, 400, 5_000])
def test_json_that_is_too_deep_to_keep_is_text(levels: int) -> None:
    """Either the value can be passed on, or it is null and the text stands beside it."""
    read = decoded(b"[" * levels + b"]" * levels, "application/json")
    dumps([[read]])
    assert (read["json"] is None) == (levels > 245)
    assert len(read["body"]) == 2 * levels


def test_large_json_is_kept_once() -> None:
    """As far as a payload holds it beside its text, both stand; then the value alone."""
    small, large = ({"a": "z" * (size * 2**20)} for size in (2, 9))
    assert decoded(dumps(small), "application/json") == {
        "body": dumps(small).decode(),
        "json": small,
    }
    assert decoded(dumps(large), "application/json") == {"body": None, "json": large}


@pytest.mark.parametrize(
    ("own", "kept"),
    [
        ("multipart/form-data", "multipart/form-data"),
        ("Multipart/Mixed; boundary=x; charset=utf-8", "Multipart/Mixed; charset=utf-8"),
    ],
)
def test_an_authors_multipart_type_has_the_boundary_of_the_body(own: str, kept: str) -> None:
    """Without it nobody can read the parts."""
    body = encoded({"a": "1"}, "multipart")
    assert body.content_type is not None
    boundary = body.content_type.partition("; ")[2]
    sent = with_boundary({"content-TYPE": own, "X": "1"}, body)
    assert sent == {"content-TYPE": f"{kept}; {boundary}", "X": "1"}
