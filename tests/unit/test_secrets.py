"""Secrets never leave the attempt that used them (invariant 10)."""

from __future__ import annotations

import base64
import html
import json
from datetime import timedelta
from typing import Any

import pytest

from treadle.core.secret_offers import LOCAL_OWNER, SecretOffers
from treadle.core.settings import secrets_given
from treadle.dag.outcomes import Completed, Failed, Retrying
from treadle.workers.secrets import PieceMask, SecretNotFound, Secrets, masked

SECRET = "s3cr3t/with+signs=and ä"
QUOTED = "pa\"ss\\word's-end-x"
KEY_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
PEM = f"-----BEGIN PRIVATE KEY-----\n{KEY_LINE}\nsecond+line+of+it/9\n-----END PRIVATE KEY-----"


def test_a_worker_gives_only_the_secrets_that_a_node_names() -> None:
    """Names are matched whatever their case; nothing else comes along."""
    secrets = Secrets({"STRIPE": "a", "OTHER": "b"}, SecretOffers({}))
    assert secrets.of({"stripe"}, LOCAL_OWNER) == {"stripe": "a"}


def test_a_secret_that_is_not_there_says_what_to_set() -> None:
    """The error names the secret and the variable."""
    with pytest.raises(SecretNotFound) as refused:
        Secrets({}, SecretOffers({})).of({"stripe"}, LOCAL_OWNER)
    assert refused.value.to_wire()["error_code"] == "secret_not_found"
    assert refused.value.context == {"secret": "stripe"}
    assert "TREADLE_SECRET_STRIPE" in refused.value.advice


@pytest.mark.parametrize(
    "carried",
    [
        SECRET,
        f"Bearer {SECRET}",
        "https://example.org/?key=s3cr3t%2Fwith%2Bsigns%3Dand%20%C3%A4",
        "Basic " + base64.b64encode(f"u:{SECRET}".encode()).decode(),
        "Basic " + base64.b64encode(f"us:{SECRET}".encode()).decode(),
        "Basic " + base64.b64encode(f"usr:{SECRET}".encode()).decode(),
    ],
)
def test_a_used_secret_is_masked_wherever_it_stands_and_however_it_travelled(carried: str) -> None:
    """In outputs, keys, errors and details: plain, quoted for a URL, or inside base64."""
    output: Any = {"echo": [carried], carried: 1}
    completed = masked(Completed(output, details={"header": carried}), [SECRET])
    failed = masked(Failed({"error_message": carried}), [SECRET])
    retrying = masked(Retrying({"error_message": carried}, timedelta(0)), [SECRET])
    for outcome in (completed, failed, retrying):
        assert "s3cr3t" not in repr(outcome)
        assert base64.b64encode(SECRET.encode()).decode()[4:20] not in repr(outcome)
        assert "***" in repr(outcome)


def test_what_holds_no_secret_stays_as_it_is() -> None:
    """Masking changes nothing else."""
    output = {"n": 1, "list": [None, True, 2.5, "text"]}
    assert masked(Completed(output), [SECRET]) == Completed(output)


def test_a_secret_that_comes_in_pieces_is_masked() -> None:
    """Nothing of it is told before it is known what it is."""
    mask = PieceMask(["hunter22"])
    told = [mask.add(piece) for piece in ("I say hun", "ter", "22 and hun", "t")]
    told.append(mask.rest())

    assert "".join(told) == "I say *** and hunt"
    assert not any("hunter22"[:4] in "".join(told[:place]) for place in range(1, 3))


@pytest.mark.parametrize(
    "carried",
    [
        repr(QUOTED),
        repr(QUOTED.encode()),
        json.dumps({"a": QUOTED}),
        json.dumps(json.dumps({"a": QUOTED})),
        html.escape(QUOTED),
        base64.urlsafe_b64encode(QUOTED.encode()).decode(),
        QUOTED[:9] + "\r\n " + QUOTED[9:],
        QUOTED[:5] + "\\n" + QUOTED[5:],
        base64.encodebytes(QUOTED.encode() * 9).decode(),
    ],
)
def test_a_secret_is_masked_as_programs_write_it_and_across_lines(carried: str) -> None:
    """Escaped by Python, JSON, twice, or HTML; and where a line break cuts it."""
    shown = masked(Failed({"error_message": f"no: {carried}"}), [QUOTED, QUOTED * 9])

    assert isinstance(shown, Failed)
    assert shown.error["error_message"].removeprefix("no: ").strip("b\"'{a:\\ }=\n*") == ""


@pytest.mark.parametrize(
    "carried", [PEM, repr(PEM), PEM.replace("\n", " "), f"bad line {KEY_LINE!r}", json.dumps(PEM)]
)
def test_no_line_of_a_secret_of_several_lines_is_shown(carried: str) -> None:
    """The parser of a key quotes one line of it."""
    shown = repr(masked(Failed({"error_message": carried}), [PEM]))

    assert KEY_LINE not in shown
    assert "second+line" not in shown


def test_masking_leaves_alone_what_treadle_writes() -> None:
    """The keys of an output and the reason of an error, however short a secret is."""
    output: Any = {"status_code": 200, "json": {"data": "a", "kart": 1, "a": 2}}
    error = {"error_code": "data_failed", "error_details": {"reason": "data_failed", "name": "a"}}

    completed = masked(Completed(output), ["a"])
    failed = masked(Failed(error), ["a"])

    assert isinstance(completed, Completed)
    assert completed.output == {"status_code": 200, "json": {"data": "***", "kart": 1, "***": 2}}
    assert isinstance(failed, Failed)
    assert failed.error == {
        "error_code": "data_failed",
        "error_details": {"reason": "data_failed", "name": "***"},
    }


def test_keys_that_become_one_by_masking_lose_no_value() -> None:
    """Each has its place."""
    shown = masked(Completed({"one-secret": 1, "two-secret": 2}), ["one-secret", "two-secret"])

    assert isinstance(shown, Completed)
    assert sorted(shown.output.values()) == [1, 2]


def test_a_number_that_is_a_secret_is_masked() -> None:
    """A PIN that a template made a number of."""
    assert masked(Completed({"pin": 4711}), ["4711"]) == Completed({"pin": "***"})


def test_what_is_read_of_a_secret_has_no_white_space_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A mounted file ends in a line break, which no header can carry."""
    monkeypatch.setenv("TREADLE_SECRET_TRAIL", " tok-abc-123\r\n")

    assert secrets_given()["TRAIL"] == "tok-abc-123"
