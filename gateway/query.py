"""The query of a request: names that a route takes, each once, and text that can be asked by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from starlette.requests import Request

from treadle.dag.problems import Hints, json_path, quoted
from treadle.gateway.errors import MOST_PROBLEMS, RequestInvalid


def refuse_unknown(request: Request, known: Collection[str]) -> None:
    """Refuse query parameters that a route does not take; none is ignored silently.

    Raises:
        RequestInvalid
    """
    hints = Hints()
    listed = f"Known here: {', '.join(known) or 'none'}."
    problems = [
        {
            "path": json_path(("query", name)),
            "reason": "unknown_field",
            "message": f"{quoted(name)} is not a parameter here.",
            "solution": hints.closest(name, known) or listed,
        }
        for name in request.query_params
        if name not in known
    ][:MOST_PROBLEMS]
    if problems:
        raise RequestInvalid(f"query: {problems[0]['message']}", problems=problems)


def refuse_repeated(request: Request) -> None:
    """Refuse a query parameter that is given twice: each takes one value, and none is preferred.

    Raises:
        RequestInvalid
    """
    given = Counter(name for name, _ in request.query_params.multi_items())
    problems = [
        {
            "path": json_path(("query", name)),
            "reason": "repeated_parameter",
            "message": f"{quoted(name)} is given {times} times, and takes one value.",
            "solution": "Give it once; for several values, send a request for each.",
        }
        for name, times in given.items()
        if times > 1
    ]
    if problems:
        raise RequestInvalid(f"query: {problems[0]['message']}", problems=problems)


def refuse_unstorable(request: Request) -> None:
    """Refuse a name in path or query with a NUL character: PostgreSQL keeps none, and asks by none.

    Raises:
        RequestInvalid
    """
    named = [("query", *each) for each in request.query_params.multi_items()]
    named += [("path", name, str(value)) for name, value in request.path_params.items()]
    problems = [
        {
            "path": json_path((place, name)),
            "reason": "invalid_text",
            "message": "The text holds a NUL character.",
            "solution": "Remove it.",
        }
        for place, name, value in named
        if "\0" in value
    ][:MOST_PROBLEMS]
    if problems:
        raise RequestInvalid(f"{problems[0]['path']}: it holds a NUL character.", problems=problems)
