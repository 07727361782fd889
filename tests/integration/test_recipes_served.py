"""The recipes of CONTRIBUTING.md that need servers, followed and asked."""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.recipes import Copy


def test_what_was_added_by_the_recipes_works_on_servers(
    tmp_path: Path, fresh_postgres_url: str, redis_url: str
) -> None:
    """A migration is applied once, after those before it. A question by the new channel goes out
    through the outbox, and the answer to it says by which channel it came. The new route is
    documented, and answers nobody without a key of its scope.
    """
    copy = Copy(tmp_path, "A channel", "A route", "A migration")

    said = copy.python("-m", "tests.support.followed_on_servers", fresh_postgres_url, redis_url)

    assert json.loads(said) == {
        "migration": {"applied": [["0012_labels.sql"], []], "last": "0012_labels.sql"},
        "channel": {"outbox": [["ask"]], "title": "May it?", "via": "pager"},
        "route": {
            "its_owner": True,
            "without": [401, "key_missing"],
            "other_scope": [403, "scope_missing"],
            "documented": True,
        },
    }
