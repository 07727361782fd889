"""Secrets never leave the attempt that used them (invariant 10)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from treadle.dag.outcomes import Completed, Failed, Retrying
from treadle.workers.secrets import PieceMask, SecretNotFound, Secrets, masked

SECRET = "s3cr3t/with+signs=and ä"


def test_a_worker_gives_only_the_secrets_that_a_node_names() -> None:
    """Names are matched whatever their case; nothing else comes along."""
    secrets = Secrets({"STRIPE": "a", "OTHER": "b"})
    assert secrets.of({"stripe"}) == {"stripe": "a"}


def test_a_secret_that_is_not_there_says_what_to_set() -> None:
    """The error names the secret and the variable."""
    with pytest.raises(SecretNotFound) as refused:
        Secrets({}).of({"stripe"})
    assert refused.value.to_wire()["error_code"] == "secret_not_found"
    assert refused.value.context == {"secret": "stripe"}


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
