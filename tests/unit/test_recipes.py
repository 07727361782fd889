"""The recipes of CONTRIBUTING.md work as they stand, and a step that is forgotten is told."""

from __future__ import annotations

from pathlib import Path

from tests.support.recipes import Copy, recipes

#: Files that a recipe may touch by hand, its test included.
MOST_FILES = 6

#: Tests that hold pages and lists to the code.
CHECKS = (
    "tests/unit/test_node_docs.py",
    "tests/unit/test_channels.py",
    "tests/unit/test_events.py",
    "tests/unit/test_logs.py",
    "tests/unit/test_settings.py",
    "tests/unit/test_settings_page.py",
    "tests/unit/test_monitoring_page.py",
    "tests/unit/test_docs_architecture.py",
)
#: Those of them that fail until the pages are written.
OLD_PAGES = {
    "test_the_page_of_node_types_is_written_from_the_specs",
    "test_the_page_of_channels_is_written_from_the_specs",
    "test_the_page_of_events_is_written_from_the_list",
    "test_the_page_of_settings_is_written_from_them",
    "test_the_table_of_metrics_is_written_from_the_code",
    "test_every_module_stands_on_the_page_of_modules_and_no_other",
}
#: What the recipes themselves bring, and what their node type came to.
OWN = (
    "tests/unit/test_nodes_text.py",
    "tests/unit/test_channel_pager.py",
    "tests/support/followed_node_type.py",
)


def test_there_is_one_way_to_add_each_thing_and_it_is_short() -> None:
    """Seven recipes, none of which touches more than a few files."""
    assert list(recipes()) == [
        "A node type",
        "A channel",
        "A route",
        "A metric with its panel",
        "A migration",
        "A setting",
        "An event",
    ]
    for title, blocks in recipes().items():
        assert 1 <= len({block.path for block in blocks}) <= MOST_FILES, title


def test_what_the_recipes_say_works_and_passes_every_check(tmp_path: Path) -> None:
    """Until `make docs`, the test of each page says that it is old; after it, all pass.

    The node type's workflow is valid, it runs, and planners are told of it.
    """
    followed = Copy(tmp_path, *recipes())

    assert followed.failures("-k", " or ".join(OLD_PAGES), *CHECKS) == OLD_PAGES

    followed.make_docs()

    assert followed.failures(*CHECKS, *OWN) == set()
