"""What the data of a node can fail it by; expressions and outgoing calls have their own errors."""

from __future__ import annotations

from treadle.core.errors import TreadleError


class NotAList(TreadleError):
    """A list was needed, or an object whose entries can be gone through."""

    reason = "not_a_list"
    solution = "Point the field at a list, or write `| default([])` where it may be missing."


class ResultsNotFound(TreadleError):
    """A reference to results that this execution does not have."""

    reason = "results_not_found"
    solution = (
        "Go over what a loop of the same execution puts out; to another workflow or a later "
        "execution pass the results themselves."
    )


class ResultsTooLarge(TreadleError):
    """Results from the ledger were needed as one list, and no payload would hold it."""

    reason = "payload_too_large"
    solution = (
        "Go over the results with FOR_EACH, or make them fewer or smaller first: FILTER, and "
        "DATA_TRANSFORMATION's filter, map and aggregate, read them page by page."
    )


class NotAnObject(TreadleError):
    """An item has no fields where fields are needed."""

    reason = "not_an_object"
    solution = "Map the items to objects first."


class NotComparable(TreadleError):
    """Values of different kinds, or of a kind that has no order."""

    reason = "values_not_comparable"
    solution = "Bring the values to one kind first, for example with `| string` or `| float`."


class NotANumber(TreadleError):
    """A figure over something that is no number."""

    reason = "not_a_number"
    solution = "Convert the field first, for example with `| float`, or filter the items."


class NumberOutOfRange(TreadleError):
    """A figure that JSON readers cannot hold."""

    reason = "number_out_of_range"
    solution = "Keep integers within ±2^63; large sums may be taken over floats."


class TooDeep(TreadleError):
    """Lists and objects inside one another beyond what can be compared."""

    reason = "value_too_deep"
    solution = "Compare by a field instead of by whole items."


class TooManyRows(TreadleError):
    """The result would be larger than any payload may be."""

    reason = "payload_too_large"
    solution = "Filter the lists first, or meet by a key that is rarer."


class NameTaken(TreadleError):
    """Data would become a field that the result already has."""

    reason = "name_taken"
    solution = "Rename the field first with map."


class MaxIterationsReached(TreadleError):
    """One more turn was due than the loop may take."""

    reason = "max_iterations_reached"
    solution = "Raise max_iterations, check the condition, or set stop_at_max."
