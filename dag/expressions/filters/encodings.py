"""Filters that write values as JSON, base64, parts of URLs or hashes, and read them back."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, NoReturn
from urllib.parse import quote, unquote

from treadle.dag.expressions.arguments import text
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault
from treadle.dag.expressions.measures import integer, measure, text_of, too_deep
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.expressions.operators import finite
from treadle.dag.values import NotAValue, Value, dumps

#: Characters of a whole number within ±2^63.
WHOLE_DIGITS = 20

#: Steps that starting the JSON parser takes, however short the text.
PARSER_STEPS = 20


def to_json(budget: Budget, value: Value) -> str:
    """The value as JSON."""
    measure(value, budget)
    return dumps(value).decode()


def from_json(budget: Budget, value: Value) -> Value:
    """The value of a JSON text."""
    written = text("`from_json`", value)
    budget.visit(PARSER_STEPS)
    budget.read(written)
    most = sum(map(written.count, ",[{:"))
    budget.visit(most)
    budget.make_items(2 * most)
    budget.make_text(len(written), not written.isascii())
    try:
        value = _JSON.decode(written)
        # Half of a surrogate pair can be written in JSON, but not stored.
        if "\\u" in written:
            dumps(value)
    except (ValueError, NotAValue) as exc:
        at = f" at character {exc.pos + 1}" if isinstance(exc, json.JSONDecodeError) else ""
        raise Fault(f"The text is not JSON{at}", "bad_argument") from None
    except RecursionError:
        raise too_deep() from None
    measure(value, budget)
    return value


def _integer(written: str) -> int:
    # Python refuses to read thousands of digits, and far fewer are out of range already.
    return integer(int(written) if len(written) <= WHOLE_DIGITS else 2**64)


def _refuse_constant(written: str) -> NoReturn:
    raise ValueError(written)


_JSON = json.JSONDecoder(
    parse_int=_integer,
    parse_float=lambda written: finite(float(written)),
    parse_constant=_refuse_constant,
)


def base64_encode(budget: Budget, value: Value) -> str:
    """The UTF-8 bytes of a text in base64."""
    found = text("`base64_encode`", value)
    budget.read(found)
    budget.make_text(len(found) * 6)
    return base64.b64encode(found.encode()).decode()


def base64_decode(budget: Budget, value: Value) -> str:
    """The UTF-8 text encoded in base64 (also the URL-safe kind, with or without `=`)."""
    found = text("`base64_decode`", value)
    budget.read(found)
    budget.make_text(len(found))
    plain = found.strip().rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Fault("The text is not base64 of UTF-8 text", "bad_argument") from None


def urlencode(budget: Budget, value: Value) -> str:
    """A text as a part of a URL; an object as a query."""
    if value.__class__ is not dict:
        return _quoted(text("`urlencode`", value), "/", budget)
    budget.visit(len(value))
    pairs = [
        f"{_quoted(key, '', budget)}={_quoted(text_of(each, budget), '', budget)}"
        for key, each in value.items()
    ]
    budget.make_texts(len(pairs), 2 * sum(map(len, pairs)), wide=False)
    return "&".join(pairs)


def _quoted(found: str, safe: str, budget: Budget) -> str:
    budget.visit(1 + len(found))
    budget.make_text(len(found) * 3, not found.isascii())
    return quote(found, safe=safe)


def urldecode(budget: Budget, value: Value) -> str:
    """The text encoded in a part of a URL."""
    found = text("`urldecode`", value)
    budget.visit(1 + len(found) // 4 + 10 * found.count("%"))
    budget.make_text(len(found))
    try:
        return unquote(found, errors="strict")
    except UnicodeDecodeError:
        raise Fault("The text is not URL-encoded UTF-8", "bad_argument") from None


def _hash(name: str) -> Callable[[Budget, Value], str]:
    def run(budget: Budget, value: Value) -> str:
        found = text(f"`{name}`", value)
        budget.visit(len(found) // 16)
        budget.make_text(len(found) + 128)
        return hashlib.new(name, found.encode(), usedforsecurity=False).hexdigest()

    run.__doc__ = f"The {name.upper()} hash of the text's UTF-8 bytes, in hexadecimal."
    return run


def hmac_sha256(budget: Budget, value: Value, key: Value) -> str:
    """The HMAC-SHA256 of the text under a key, in hexadecimal, as webhooks are signed."""
    found, secret = text("`hmac_sha256`", value), text("`hmac_sha256`", key)
    budget.visit((len(found) + len(secret)) // 16)
    budget.make_text(len(found) + len(secret) + 64)
    return hmac.new(secret.encode(), found.encode(), hashlib.sha256).hexdigest()


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("to_json", to_json, "tojson"),
        operation("from_json", from_json),
        operation("base64_encode", base64_encode),
        operation("base64_decode", base64_decode),
        operation("urlencode", urlencode),
        operation("urldecode", urldecode),
        operation("md5", _hash("md5")),
        operation("sha1", _hash("sha1")),
        operation("sha256", _hash("sha256")),
        operation("sha512", _hash("sha512")),
        operation("hmac_sha256", hmac_sha256),
    )
)
