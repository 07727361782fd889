"""`treadle keys`: made, shown once, listed and revoked, straight on the cluster of the folder."""

from __future__ import annotations

import httpx
import pytest

from tests.support.command_line import Folder
from treadle.core.ids import new_id


def status(server: str, key: str) -> int:
    """Return what the gateway answers to a key."""
    return httpx.get(
        f"{server}/v1/executions", headers={"Authorization": f"Bearer {key}"}
    ).status_code


def test_a_key_that_was_made_opens_the_gateway_until_it_is_revoked(
    folder: Folder, server: str
) -> None:
    """It is printed once, and the next request after its end is refused."""
    owner = f"ada-{new_id()}"
    made = folder.run(
        "keys", "create", "--owner", owner, "--scopes", "read,run,answer", "--json"
    ).document
    assert made.keys() == {"id", "key"}
    assert status(server, made["key"]) == 200

    (listed,) = folder.run("keys", "list", "--owner", owner, "--json").document
    assert (listed["id"], listed["scopes"]) == (made["id"], ["read", "run", "answer"])
    assert made["key"] not in folder.run("keys", "list").out

    assert folder.run("keys", "revoke", made["id"]).out.strip() == f"{made['id']} is revoked"
    assert status(server, made["key"]) == 401


def test_a_key_is_printed_alone_for_scripts(folder: Folder) -> None:
    """So that `KEY=$(treadle keys create …)` is all there is to it."""
    done = folder.run("keys", "create", "--owner", f"ada-{new_id()}", "--days", "1")

    assert done.out.startswith("tk_")
    assert done.out.count("\n") == 1


def test_what_keys_refuse_is_told(folder: Folder) -> None:
    """A scope that there is none of, and a key that there is none of."""
    assert (
        folder.run("keys", "create", "--scopes", "read,fly", "--json").refusal == "scopes_invalid"
    )
    assert folder.run("keys", "revoke", "nothing", "--json").refusal == "key_not_found"


@pytest.mark.parametrize("days", ["0", "-1", "1e-9", "nan", "inf", "1e9"])
def test_a_key_that_could_not_expire_as_it_says_is_refused(folder: Folder, days: str) -> None:
    """None of them is a key for ever."""
    refused = folder.run("keys", "create", f"--days={days}", "--json")

    assert refused.refusal == "validity_invalid"
