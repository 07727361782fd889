"""Ids as a person writes them: shortened, or `last`; alike on this machine and by a gateway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.test_cli_people import asked, asking
from tests.support.command_line import Folder
from tests.support.workflows import chain, node

WaitUntil = Callable[..., Any]


@pytest.fixture(params=["here", "gateway"])
def variables(request: pytest.FixtureRequest, folder: Folder, server: str) -> dict[str, str]:
    """Return the variables with which a command asks the ledger, or the gateway."""
    if request.param == "here":
        return {}
    made = folder.run("keys", "create", "--json").document
    return {"TREADLE_SERVER": server, "TREADLE_API_KEY": made["key"]}


def test_a_beginning_that_one_id_has_names_an_execution(
    folder: Folder, variables: dict[str, str]
) -> None:
    """With hyphens or without, in any case, for every command that takes one."""
    file = folder.write("w.json", chain(node("n")))
    whole = folder.run("submit", file).out.strip()

    for given in (whole, whole[:-1], whole.replace("-", "")[:30], whole[:-2].upper()):
        assert folder.run("watch", given, "--json", **variables).document["id"] == whole
    assert folder.run("show", whole[:-1], "--json", **variables).document["id"] == whole
    assert folder.run("retry", whole[:-1], "--json", **variables).refusal == "nothing_to_retry"
    assert folder.run("cancel", whole[:-1], "--json", **variables).refusal == "execution_is_final"


def test_an_ambiguous_beginning_lists_the_candidates(
    folder: Folder, variables: dict[str, str]
) -> None:
    """The newest first, each with its status and workflow; none is chosen."""
    file = folder.write("w.json", chain(node("n")))
    ids = [folder.run("submit", file).out.strip() for _ in range(2)]

    done = folder.run("show", "0", **variables)

    assert done.code == 4
    assert "reason: id_ambiguous" in done.err
    assert "Give as much of the id as no other begins with." in done.err
    listed = [line for line in done.err.splitlines() if line.startswith("    0")]
    assert 2 <= len(listed) <= 10
    assert {line.split()[0] for line in listed} >= set(ids) or len(listed) == 10


def test_a_beginning_that_no_id_has_is_refused(folder: Folder, variables: dict[str, str]) -> None:
    """With what lists them."""
    done = folder.run("show", "ffff", **variables)

    assert done.code == 4
    assert "error: No id begins with ffff.\n  reason: id_not_found" in done.err
    assert folder.run("answer", "ffff", "--json", **variables).refusal == "id_not_found"


def test_last_is_the_newest_execution(folder: Folder, wait_until: WaitUntil) -> None:
    """And the newest open question; other tests of the cluster may be quicker, so it is tried."""
    file = folder.write("w.json", chain(node("n")))

    def is_last() -> bool:
        made = folder.run("submit", file).out.strip()
        return bool(folder.run("show", "last", "--json").document["id"] == made)

    def is_asked_last() -> bool:
        _, question = asked(folder, wait_until, asking())
        done = folder.run("answer", "last", "--decision", "approve", "--json")
        return done.code == 0 and bool(done.document["id"] == question["id"])

    assert wait_until(is_last)
    assert wait_until(is_asked_last)


def test_a_question_is_named_by_its_beginning(
    folder: Folder, variables: dict[str, str], wait_until: WaitUntil
) -> None:
    """In the inbox, by the execution that asked, and to answer."""
    execution, question = asked(folder, wait_until, asking())
    short = question["id"][:-1]

    assert folder.run("inbox", short, "--json", **variables).document["id"] == question["id"]
    listed = folder.run("inbox", "--execution", execution[:-1], "--json", **variables).document
    assert [each["id"] for each in listed] == [question["id"]]
    answered = folder.run("answer", short, "--decision", "approve", "--json", **variables)
    assert answered.document["decision"] == "confirmed"
