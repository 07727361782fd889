"""From text or objects to a JSON document that the rest of validation can trust.

The result holds only dicts with text keys, lists, text, numbers, booleans and null; it is no deeper
and no larger than the limits and shares nothing with the input. Whatever did not have that form was
reported and replaced by a harmless value, so that checking can continue.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeGuard

import orjson

from treadle.dag.limits import Limits
from treadle.dag.problems import Problem, Step, json_path, quoted
from treadle.dag.validation.report import Report
from treadle.dag.values import INTEGER_LIMIT, Value


class Unreadable(Exception):
    """There is no document to check; what is wrong is in `problem`."""

    def __init__(self, reason: str, message: str, solution: str, path: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(path, reason, message, solution)


@dataclass(frozen=True, slots=True)
class _Oversized:
    """A number in the text that is out of range."""

    text: str


@dataclass(slots=True)
class _Text:
    """Parses JSON text and remembers which keys an object repeats."""

    repeated: dict[int, list[str]] = field(default_factory=dict)
    """By the identity of the parsed object, which the parsed document keeps alive."""

    def parse(self, text: str) -> Any:
        try:
            return json.loads(
                text,
                object_pairs_hook=self._object,
                parse_int=_integer,
                parse_float=_float,
                parse_constant=_Oversized,
            )
        except json.JSONDecodeError as exc:
            where = f"line {exc.lineno}, column {exc.colno}"
            raise Unreadable(
                "not_json", f"This is not JSON: {exc.msg} at {where}.", f"Correct {where}."
            ) from None
        except RecursionError:
            _too_deep(())

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        parsed = dict(pairs)
        if len(parsed) < len(pairs):
            seen: set[str] = set()
            twice = [key for key, _ in pairs if key in seen or seen.add(key)]  # type: ignore[func-returns-value]
            self.repeated[id(parsed)] = twice
        return parsed


def _integer(text: str) -> int | _Oversized:
    # 19 digits and a sign always fit the check below; Python refuses to convert thousands.
    if len(text) <= 20 and abs(number := int(text)) < INTEGER_LIMIT:
        return number
    return _Oversized(text)


def _float(text: str) -> float | _Oversized:
    number = float(text)
    return number if math.isfinite(number) else _Oversized(text)


def _too_deep(steps: tuple[Step, ...]) -> NoReturn:
    raise Unreadable(
        "too_deep",
        "Lists and objects are nested too deeply.",
        "Flatten the document, or pass the data as input instead.",
        json_path(steps[:8]),
    )


def read(document: object, limits: Limits, report: Report) -> dict[str, Value]:
    """Return the document as plain JSON.

    Raises:
        Unreadable: it is not a JSON object, or exceeds the limits of depth or size.
    """
    repeated: dict[int, list[str]] = {}
    if isinstance(document, bytes | bytearray | memoryview | str):
        text = _decoded(document, limits)
        parser = _Text()
        document, repeated = parser.parse(text), parser.repeated
    if not isinstance(document, dict):
        raise Unreadable(
            "wrong_type", "A workflow is an object.", "Write {metadata, nodes, connections, …}."
        )
    copy = _Copy(limits, report, repeated).of(document)
    if len(orjson.dumps(copy)) > limits.definition_bytes:
        _too_large(limits)
    return copy


def read_value(data: bytes, name: str, limits: Limits, report: Report) -> Value:
    """Return JSON text of any value as plain JSON, as `read` does with an object.

    Args:
        data: the text, in UTF-8.
        name: what the value is called in the paths of problems, as under this key of an object.
        limits: its size, and the depth of the object that it would be in.
        report: takes what is wrong in it.

    Raises:
        Unreadable: it is not JSON, or exceeds the limits of depth or size.
    """
    parser = _Text()
    value = parser.parse(_decoded(data, limits))
    return _Copy(limits, report, parser.repeated).of({name: value})[name]


def _decoded(document: bytes | bytearray | memoryview | str, limits: Limits) -> str:
    if len(document) > limits.definition_bytes:
        _too_large(limits)
    if isinstance(document, str):
        return document
    try:
        return bytes(document).decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise Unreadable(
            "not_json", f"Byte {exc.start} is not UTF-8.", "Save the document as UTF-8."
        ) from None


def _too_large(limits: Limits) -> NoReturn:
    raise Unreadable(
        "too_large",
        f"The document is larger than {limits.definition_bytes:,} bytes.",
        "Split the workflow, or pass the data as input instead.",
    )


class _Copy:
    """Copies a document, one container at a time and without recursion, checking every value."""

    def __init__(self, limits: Limits, report: Report, repeated: dict[int, list[str]]) -> None:
        self._limits = limits
        self._report = report
        self._repeated = repeated
        self._open: list[tuple[Any, Any, tuple[Step, ...]]] = []
        self._size = 0

    def of(self, document: dict[Any, Any]) -> dict[str, Value]:
        root: dict[str, Value] = {}
        self._open.append((document, root, ()))
        # Containers are filled after they are placed; first in, first out keeps reading order.
        for source, target, steps in self._open:
            if len(steps) > self._limits.depth:
                _too_deep(steps)
            self._fill(source, target, steps)
        return root

    def _fill(self, source: Any, target: Any, steps: tuple[Step, ...]) -> None:
        if isinstance(source, dict):
            for key in self._repeated.get(id(source), ()):
                self._problem(
                    (*steps, key), "duplicate_key", "The key appears twice here.", "Keep one."
                )
            for key, value in source.items():
                if _is_plain(key):
                    self._size += len(key)
                    target[key] = self._value(value, steps, key)
                elif isinstance(key, str):
                    clean = self._text(key, (*steps, key))
                    target[clean] = self._value(value, steps, clean)
                else:
                    self._problem(steps, "not_json", f"A key is {_kind(key)}.", "Use text as keys.")
        else:
            for index, value in enumerate(source):
                target.append(self._value(value, steps, index))

    def _value(self, value: object, steps: tuple[Step, ...], step: Step) -> Value:
        """Return the value at `step` under `steps`; containers are filled later."""
        self._size += 2
        if self._size > self._limits.definition_bytes:
            _too_large(self._limits)
        copy: Value = None
        if _is_plain(value):
            self._size += len(value)
            copy = value
        elif isinstance(value, dict | list | tuple):
            copy = {} if isinstance(value, dict) else []
            self._open.append((value, copy, (*steps, step)))
        elif isinstance(value, str):
            copy = self._text(value, (*steps, step))
        elif value is None or isinstance(value, bool):
            copy = value
        elif isinstance(value, int | float | _Oversized):
            copy = self._number(value, (*steps, step))
        else:
            message = f"JSON cannot represent {_kind(value)}."
            self._problem((*steps, step), "not_json", message, "Use a JSON value.")
        return copy

    def _number(self, value: float | _Oversized, steps: tuple[Step, ...]) -> int | float:
        if isinstance(value, int) and abs(value) < INTEGER_LIMIT:
            return int(value)
        if isinstance(value, float) and math.isfinite(value):
            return float(value)
        shown = quoted(value.text) if isinstance(value, _Oversized) else "The number"
        message = (
            f"{shown} is out of range: integers must be within ±2^63, and infinity is not allowed."
        )
        self._problem(
            steps, "number_out_of_range", message, "Write it as text, or use a smaller number."
        )
        return 0

    def _text(self, value: str, steps: tuple[Step, ...]) -> str:
        self._size += len(value)
        if "\0" in value:
            self._problem(steps, "invalid_text", "The text holds a NUL character.", "Remove it.")
            value = value.replace("\0", "\ufffd")
        try:
            value.encode()
        except UnicodeEncodeError:
            message = "The text holds half of a surrogate pair."
            self._problem(steps, "invalid_text", message, "Write the whole character.")
            value = value.encode("utf-8", "replace").decode()
        return str(value)

    def _problem(self, steps: Iterable[Step], reason: str, message: str, solution: str) -> None:
        self._report.add(Problem(json_path(steps), reason, message, solution))


def _is_plain(value: object) -> TypeGuard[str]:
    """Whether it is plain ASCII text, as most texts are."""
    return type(value) is str and value.isascii() and "\0" not in value


def _kind(value: object) -> str:
    return f"a Python {type(value).__name__}"
