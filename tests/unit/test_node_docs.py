"""docs/nodes.md is written from the specs, and every field says what it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from treadle.core.field_docs import field_lines
from treadle.dag.node_docs import markdown
from treadle.dag.specs import AVAILABLE, SPECS, NodeSpec


def test_the_page_of_node_types_is_written_from_the_specs() -> None:
    """docs/nodes.md is what `dag.node_docs` writes."""
    page = Path(__file__).parents[2] / "docs" / "nodes.md"

    assert page.read_text("utf-8") == markdown(), "`make docs` writes it"


@pytest.mark.parametrize("spec", AVAILABLE, ids=lambda spec: spec.key)
def test_every_field_of_a_node_type_says_what_it_is(spec: NodeSpec) -> None:
    """A line stands below each field of the configurations."""
    assert set(field_lines(spec.configurations)) == set(spec.configurations.model_fields)


def test_every_node_type_stands_on_the_page() -> None:
    """Those that run have a section, the others are listed as not available."""
    page = markdown()

    for spec in SPECS.values():
        assert (f"\n## {spec.key}\n" if spec.available else f"`{spec.key}`") in page
