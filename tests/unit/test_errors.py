"""Errors on the wire."""

from __future__ import annotations

import orjson
import pytest

from treadle.core.errors import TreadleError
from treadle.workers.nodes.errors import causes_of


class Unsaid:
    """What cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize("fact", [object(), {1, 2}, 2**70, "\ud800", Unsaid(), {"a": [object()]}])
def test_an_error_keeps_its_message_whatever_its_facts_are(fact: object) -> None:
    """What JSON cannot say stands as text; the other facts stay as they are."""
    wire = TreadleError("the card is stolen", client=fact, row=17).to_wire()

    read = orjson.loads(orjson.dumps(wire))
    assert (read["error_message"], read["error_details"]["row"]) == ("the card is stolen", 17)
    assert isinstance(read["error_details"]["client"], str)


def test_what_stands_behind_an_error_is_named() -> None:
    """Members of groups in groups, causes, contexts and notes."""
    lookup = KeyError("customer")
    bad = ValueError("row 17 is bad")
    bad.__cause__ = lookup
    bad.add_note("while reading a.csv")
    group = ExceptionGroup("several", [ExceptionGroup("inner", [bad]), OSError("disk")])
    lookup.__context__ = group  # a circle

    assert causes_of(group) == [
        "ExceptionGroup: inner (1 sub-exception)",
        "ValueError: row 17 is bad",
        "while reading a.csv",
        "KeyError: 'customer'",
        "OSError: disk",
    ]
