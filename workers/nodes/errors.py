"""What the data of a node can fail it by; expressions and outgoing calls have their own errors."""

from __future__ import annotations

from collections.abc import Iterator

from treadle.core.errors import TreadleError

#: Errors behind an error that its details name, and characters of each.
_CAUSES_SHOWN, _CAUSE_CHARACTERS = 20, 1_000


class NotAList(TreadleError):
    """The value is not a list or an object, and one of them is needed."""

    reason = "not_a_list"
    solution = "Point the field at a list, or write `| default([])` where it may be missing."


class ResultsNotFound(TreadleError):
    """The value refers to results that this execution does not have."""

    reason = "results_not_found"
    solution = (
        "Go over what a loop of the same execution puts out; to another workflow or a later "
        "execution pass the results themselves."
    )


class ResultsTooLarge(TreadleError):
    """Results stored in the ledger are needed as one list, which would be larger than the limit."""

    reason = "payload_too_large"
    solution = (
        "Go over the results with FOR_EACH, or make them fewer or smaller first: FILTER, and "
        "DATA_TRANSFORMATION's filter, map and aggregate, read them page by page."
    )


class NotAnObject(TreadleError):
    """An item is not an object, and its fields are needed."""

    reason = "not_an_object"
    solution = "Convert the items to objects first."


class NotComparable(TreadleError):
    """The values have different types, or a type without an order."""

    reason = "values_not_comparable"
    solution = "Convert the values to one type first, for example with `| string` or `| float`."


class NotANumber(TreadleError):
    """A value to be aggregated is not a number."""

    reason = "not_a_number"
    solution = "Convert the field first, for example with `| float`, or filter the items."


class NumberOutOfRange(TreadleError):
    """The result of a calculation is too large for a JSON number."""

    reason = "number_out_of_range"
    solution = "Keep integers within ±2^63; for large sums, convert the values to floats."


class TooDeep(TreadleError):
    """Lists and objects are nested too deeply to be compared."""

    reason = "value_too_deep"
    solution = "Compare by a field instead of whole items."


class TooManyRows(TreadleError):
    """The result would be larger than the limit of a payload."""

    reason = "payload_too_large"
    solution = "Filter the lists first, or join them by a key with fewer matches."


class NameTaken(TreadleError):
    """A new field would have the name of a field that the result already has."""

    reason = "name_taken"
    solution = "Rename the existing field first with `map`."


class MaxIterationsReached(TreadleError):
    """The loop would need more iterations than `max_iterations`."""

    reason = "max_iterations_reached"
    solution = "Raise max_iterations, check the condition, or set stop_at_max."


def causes_of(error: BaseException) -> list[str]:
    """Return what stands behind an error: its notes, the members of a group, and its causes."""
    shown: list[str] = []
    for each in _behind(error, set()):
        if len(shown) == _CAUSES_SHOWN:
            break
        shown.append(each[:_CAUSE_CHARACTERS].encode(errors="replace").decode())
    return shown


def _behind(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    yield from (str(note) for note in getattr(error, "__notes__", ()))
    members = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    context = None if error.__suppress_context__ else error.__context__
    for each in (*members, error.__cause__ or context):
        if each is not None and id(each) not in seen:
            yield f"{type(each).__qualname__}: {_words(each)}"
            yield from _behind(each, seen)


def _words(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the edge: code of others, which may fail
        return "(without text)"
