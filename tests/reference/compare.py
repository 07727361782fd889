"""Compare what an execution came to with what the reference says it must come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.reference.result import ANY, Record, Result

FINAL_STATUSES = frozenset({"completed", "failed", "skipped", "canceled"})

#: How much of a value a difference quotes, in characters; enough to see which value it is.
QUOTED = 300


def differences(expected: Result, execution: Mapping[str, Any]) -> list[str]:
    """Say in sentences where an ended execution differs from the reference; empty if nowhere.

    What order decides is not held against it: under a failure that ends things early a record may
    also be `canceled` or absent, unless the reference is certain of it. If the result as a whole
    is order dependent, only its form is looked at.

    Args:
        expected: What `interpret` returned for the workflow and its input.
        execution: An Execution of the wire model, as `treadle show ID --json` prints it.
    """
    return list(_differences(expected, execution))


def _differences(expected: Result, execution: Mapping[str, Any]) -> Iterator[str]:
    rows = execution["node_executions"]
    yield from _malformed(rows, execution)
    if expected.order_dependent:
        return
    if execution["status"] != expected.status:
        yield f"the status is {execution['status']}, not {expected.status}"
    if expected.output is not None and not equal(expected.output, execution["output"]):
        yield f"the output is {_quote(execution['output'])}, not {_quote(expected.output)}"
    told = {(row["node_id"], row["scope"]): row for row in rows}
    for key in sorted(told.keys() - expected.records.keys()):
        yield f"{_name(*key)} has a record ({told[key]['status']}) and should have none"
    complete = sum(execution["counts"].values()) == len(rows)
    for key, record in expected.records.items():
        if key in told:
            yield from _row(record, told[key])
        elif record.certain and complete:
            yield f"{_name(*key)} has no record and should be {record.status}"
    if expected.certain and dict(expected.counts) != _counted(execution["counts"]):
        yield f"the counts are {execution['counts']}, not {expected.counts}"
    yield from _reason_to_fail(expected, told, complete)


def _malformed(rows: list[Mapping[str, Any]], execution: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with an ended execution whatever the workflow."""
    if execution["status"] not in ("SUCCESS", "ERROR"):
        yield f"the execution ended {execution['status']}"
    times = Counter((row["node_id"], row["scope"]) for row in rows)
    for key in (key for key, count in times.items() if count > 1):
        yield f"{_name(*key)} has {times[key]} records"
    for row in rows:
        if row["status"] not in FINAL_STATUSES:
            yield f"{_name(row['node_id'], row['scope'])} is still {row['status']}"
    if len(rows) == sum(execution["counts"].values()):
        counted = dict(Counter(row["status"] for row in rows))
        if counted != _counted(execution["counts"]):
            yield f"the counts are {execution['counts']}, and the records say {counted}"


def _row(expected: Record, row: Mapping[str, Any]) -> Iterator[str]:
    name = _name(expected.node_id, expected.scope)
    if row["status"] == "canceled" and not expected.certain:
        return
    if row["status"] != expected.status:
        yield f"{name} is {row['status']}, not {expected.status}"
        return
    if row.get("output_key") != expected.output_key:
        yield f"{name} left by {row.get('output_key')!r}, not by {expected.output_key!r}"
    if expected.output_key is not None and not equal(expected.output, row.get("output_data")):
        yield f"{name} put out {_quote(row.get('output_data'))}, not {_quote(expected.output)}"
    if expected.status == "failed":
        code = (row.get("error") or {}).get("error_code")
        if code is None or not equal(expected.error_code, code):
            yield f"{name} failed with {code!r}, not with {expected.error_code!r}"


def _reason_to_fail(
    expected: Result, told: Mapping[tuple[str, str], Mapping[str, Any]], complete: bool
) -> Iterator[str]:
    """An execution that failed shows a node of its root scope that did, and left by no key."""
    causes = [
        key
        for key, record in expected.records.items()
        if record.status == "failed" and record.output_key is None and record.scope == ""
    ]
    failed = [key for key in causes if key in told and told[key]["status"] == "failed"]
    if causes and complete and not failed:
        yield f"none of {[_name(*key) for key in causes]} failed, and one of them must have"


def equal(expected: Any, actual: Any) -> bool:
    """Whether two JSON values are the same: 7 is 7.0 and 1 is not true.

    `ANY` equals everything. Of an Error its code alone counts: the rest is prose and a time.
    """
    if expected is ANY:
        return True
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, Mapping):
        if not isinstance(actual, Mapping):
            return False
        if "error_code" in expected and "error_code" in actual:
            return equal(expected["error_code"], actual["error_code"])
        return expected.keys() == actual.keys() and all(
            equal(part, actual[key]) for key, part in expected.items()
        )
    if isinstance(expected, list | tuple):
        return (
            isinstance(actual, list | tuple)
            and len(expected) == len(actual)
            and all(map(equal, expected, actual))
        )
    if isinstance(expected, int | float) and isinstance(actual, int | float):
        return expected == actual
    return type(expected) is type(actual) and expected == actual


def _counted(counts: Mapping[str, int]) -> dict[str, int]:
    return {status: count for status, count in counts.items() if count}


def _name(node_id: str, scope: str) -> str:
    return f"{node_id} in {scope}" if scope else node_id


def _quote(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}…"
