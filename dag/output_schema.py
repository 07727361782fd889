"""Schemas of answers: which JSON Schemas a model's answer may have, and how it violates one. Pure.

JSON Schema 2020-12 within bounds: references stay inside the schema and are followed a limited
number of times, and patterns are RE2's, so no schema and no answer can keep a process busy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from treadle.dag.patterns import fault_of, matches
from treadle.dag.problems import Problem, Step, json_path, quoted
from treadle.dag.values import Value

#: References followed for one answer, and problems reported about it, at most.
_MOST_REFERENCES = 10_000
_MOST_PROBLEMS = 20
#: Characters of what a violation says; it quotes the value, whatever its length.
_SHOWN = 400
#: Keywords whose lists have each item once, which is looked at in pairs unless all are texts.
_EACH_ONCE = ("type", "required", "dependentRequired", "dependencies")
_MOST_IN_PAIRS = 64
#: Keywords that need Python's regular expressions, or lead out of the schema.
_REFUSED = ("patternProperties", "$dynamicRef", "$dynamicAnchor", "$recursiveRef")
#: Under these, keys are names and not keywords.
_NAMES = ("properties", "$defs", "definitions", "dependentSchemas")
#: Values under these are data.
_DATA = ("const", "enum", "default", "examples", "example")


class _TooManyReferences(Exception):
    """Checking an answer would not end."""


def schema_problems(schema: Mapping[str, Value]) -> Iterator[Problem]:
    """Yield the problems of a schema; paths are relative to it."""
    if any(_is_compared_in_pairs(each) for each in _lists_of_names(schema)):
        message = "A list of names holds more than names."
        yield Problem("", "invalid_schema", message, "Write JSON Schema, version 2020-12.")
        return
    try:
        # By default it compiles patterns with Python's regular expressions, which are not ours.
        Draft202012Validator.check_schema(schema, format_checker=FormatChecker(formats=()))
    except RecursionError:
        message = "It is nested too deeply."
        yield Problem("", "invalid_schema", message, "Nest fewer levels.")
        return
    except SchemaError as error:
        path = json_path(error.absolute_path)
        message = f"It is not a JSON Schema: {_shown(error)}"
        yield Problem(path, "invalid_schema", message, "Write JSON Schema, version 2020-12.")
        return
    if schema.get("type") != "object":
        message = "Models answer with an object, so its `type` must be `object`."
        yield Problem("", "invalid_schema", message, "Put the value into a property of an object.")
    yield from _refused(schema, ())


def _lists_of_names(schema: Mapping[str, Value]) -> Iterator[list[Value]]:
    """Yield the lists under keywords that take names, wherever they stand."""
    waiting: list[Value] = [schema]
    while waiting:
        each = waiting.pop()
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
            for keyword in _EACH_ONCE:
                value = each.get(keyword)
                listed = value.values() if isinstance(value, dict) else (value,)
                yield from (names for names in listed if isinstance(names, list))


def _is_compared_in_pairs(names: list[Value]) -> bool:
    return len(names) > _MOST_IN_PAIRS and not all(isinstance(name, str) for name in names)


def answer_problems(schema: Mapping[str, Value], answer: Value) -> list[str]:
    """Return what is wrong with an answer, in sentences; empty if it matches the schema."""
    errors = _validator(schema).iter_errors(answer)
    problems: list[str] = []
    try:
        for error in errors:
            problems.append(f"{json_path(error.absolute_path) or 'the answer'}: {_shown(error)}")
            if len(problems) == _MOST_PROBLEMS:
                break
    except (_TooManyReferences, RecursionError):
        problems.append("the schema: it refers to itself without end")
    except Unresolvable as error:
        problems.append(f"the schema: {quoted(str(error))} is not in it")
    return problems


#: The former name of `answer_problems`, which `workers/` still imports.


def is_strict(schema: Value) -> bool:
    """Return whether every object in a schema has all its properties and no others.

    Providers with strict structured output require that.
    """
    if isinstance(schema, list):
        return all(is_strict(each) for each in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" or "properties" in schema:
        is_closed = schema.get("additionalProperties") is False
        if not is_closed or set(schema.get("required", ())) != set(schema.get("properties", ())):
            return False
    return all(is_strict(value) for key, value in schema.items() if key not in _DATA)


def _refused(schema: Value, steps: tuple[Step, ...], *, names: bool = False) -> Iterator[Problem]:
    if isinstance(schema, list):
        for index, each in enumerate(schema):
            yield from _refused(each, (*steps, index))
    elif isinstance(schema, dict):
        for key, value in schema.items():
            if not names:
                yield from _refused_keyword(key, value, (*steps, key))
            if names or key not in _DATA:
                inner = not names and key in _NAMES
                yield from _refused(value, (*steps, key), names=inner)


def _refused_keyword(key: str, value: Value, steps: tuple[Step, ...]) -> Iterator[Problem]:
    if key in _REFUSED:
        message = f"`{key}` is not supported in the schema of an answer."
        yield Problem(json_path(steps), "feature_not_implemented", message, "Name the properties.")
    elif key == "$ref" and not str(value).startswith("#"):
        message = "It refers to something outside of the schema, which is not fetched."
        yield Problem(json_path(steps), "invalid_schema", message, "Refer to `#/$defs/…`.")
    elif key == "pattern" and (fault := fault_of(str(value))):
        message = f"It is not a regular expression of RE2: {fault}."
        yield Problem(json_path(steps), "invalid_schema", message, "Use RE2's syntax.")


def _validator(schema: Mapping[str, Value]) -> Validator:
    """Return a validator that fetches no other schema and counts the references it follows."""
    left = _MOST_REFERENCES
    follow = Draft202012Validator.VALIDATORS["$ref"]

    def counted(validator: Any, ref: str, instance: Value, within: Any) -> Iterator[Any]:
        nonlocal left
        left -= 1
        if left < 0:
            raise _TooManyReferences
        return follow(validator, ref, instance, within) or iter(())

    keywords = {"$ref": counted, "pattern": _matches}
    bounded: type[Validator] = extend(Draft202012Validator, keywords)  # type: ignore[no-untyped-call]
    return bounded(schema, registry=Registry())


def _shown(error: SchemaError | ValidationError) -> str:
    """Return what an error says, which quotes the value, cut to a readable length."""
    text: str = error.message
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN // 2]}…{text[-_SHOWN // 2 :]}"


def _matches(_: Any, pattern: str, instance: Value, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")
