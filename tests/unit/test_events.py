"""Events of executions are declared once, in `dag/events.py`, and the ledger adds no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from treadle.dag.event_docs import markdown
from treadle.dag.events import EVENTS, EventType

ROOT = Path(__file__).parents[2]
#: What `node_event` adds by itself.
PLACE = {"node_id", "scope"}


class Added(NamedTuple):
    """A place where an event is added."""

    place: str
    name: EventType | None
    """`None` if it is decided as it runs."""
    data: set[str]


def added() -> Iterator[Added]:
    """Yield every call that adds an event."""
    for path in (ROOT / "ledger").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr in ("event", "node_event")
                and len(call.args) == 2
            ):
                name = ast.unparse(call.args[1]).removeprefix("EventType.")
                data = {each.arg for each in call.keywords if each.arg}
                data |= PLACE if call.func.attr == "node_event" else set()
                place = f"{path.relative_to(ROOT)}:{call.lineno}"
                yield Added(place, EventType.__members__.get(name), data)


def test_every_event_that_is_added_is_on_the_list_with_its_data() -> None:
    """Whoever adds something new says in `dag/events.py` what it means and carries."""
    for place, name, data in added():
        if name is not None:
            assert name in EVENTS, f"{place}: add {name} to dag/events.py"
            known = {each.name for each in EVENTS[name].data}
            assert data <= known, f"{place}: say in dag/events.py what these are"


def test_every_type_of_event_has_its_meaning() -> None:
    """One entry for each."""
    assert list(EVENTS) == list(EventType)


def test_every_event_on_the_list_is_added() -> None:
    """The list names nothing that no longer happens."""
    source = "\n".join(path.read_text() for path in (ROOT / "ledger").rglob("*.py"))

    for name in EVENTS:
        assert f"EventType.{name.upper()}" in source, (
            f"nothing adds {name}: take it out of dag/events.py"
        )


def test_events_are_named_for_what_they_are_of() -> None:
    """Small letters with `_` between."""
    for name in EVENTS:
        assert re.fullmatch(r"(execution|node|user)(_[a-z]+)+", name)


def test_the_page_of_events_is_written_from_the_list() -> None:
    """docs/events.md is what `dag.event_docs` writes; `make docs` writes it anew."""
    assert (ROOT / "docs" / "events.md").read_text("utf-8") == markdown()
