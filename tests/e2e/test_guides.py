"""Every guide in docs/guides works as printed, from its first command to its last."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.client_generators import node_modules
from tests.support.command_line import Running
from tests.support.pages import ROOT, follow, steps
from tests.support.ports import port_base
from tests.support.sharing import port_of, shared_cluster

GUIDES = ROOT / "docs" / "guides"
INDEX = (GUIDES / "README.md").read_text("utf-8")
PAGES = sorted(GUIDES.glob("[!R]*.md"))
#: The port of the small servers that guides start.
SERVER = "8765"
#: A killed worker's nodes come back sooner than a reader's, who has 15 seconds of patience.
SOON = {"TREADLE_LEASE_SECONDS": "4", "TREADLE_HEARTBEAT_SECONDS": "1"}


def exported() -> dict[str, str]:
    """Return the variables that the index has a reader export in both terminals, and `SOON`."""
    return {**dict(re.findall(r"^export (\w+)=(\S+)", INDEX, re.MULTILINE)), **SOON}


@pytest.fixture(scope="module")
def guides_cluster(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Return the folder of the cluster that the index has a reader start."""
    _, start = steps(INDEX)
    assert start.commands == "treadle up\n"

    def up(folder: Path, ports: tuple[str, ...]) -> Running:
        return Running(folder, ("up", *ports), **exported())

    with shared_cluster(request, "guides", up) as folder:
        yield folder


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_guide_works_as_printed(page: Path, guides_cluster: Path, tmp_path: Path) -> None:
    """No command fails, and each prints what the page shows."""
    (tmp_path / ".treadle").symlink_to(guides_cluster / ".treadle")
    guide = steps(page.read_text("utf-8").replace(SERVER, port_base()[1]))
    if page.stem == "http-client":
        (tmp_path / "node_modules").symlink_to(node_modules())  # what the page says to install

    assert any(step.shown for step in guide)
    follow(tmp_path, guide, port_of(guides_cluster), **exported())


def test_the_index_lists_every_guide_once() -> None:
    """In its numbered list."""
    listed = re.findall(r"^\d+\. \[.+\]\((.+)\): ", INDEX, re.MULTILINE)

    assert sorted(listed) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", [*PAGES, GUIDES / "README.md"], ids=lambda page: page.stem)
def test_a_guide_is_short_and_leads_somewhere(page: Path) -> None:
    """At most 120 lines of at most 100 characters; its links lead to headings that are there."""
    text = page.read_text("utf-8")
    links = re.findall(r"\]\(([^):#]*)(?:#([^)]+))?\)", text)

    assert len(text.splitlines()) <= 120
    assert not [line for line in text.splitlines() if len(line) > 100]
    assert links
    for file, heading in links:
        assert (page.parent / file).exists(), file
        assert not heading or heading in headings((page.parent / file).read_text("utf-8")), heading


def headings(text: str) -> set[str]:
    """Return a page's headings as links to them are written."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in found}
