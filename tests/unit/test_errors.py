"""Errors on the wire."""

from __future__ import annotations

import orjson
import pytest

from treadle.core.errors import TreadleError


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
