"""The demo begins when its services say that they are at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from treadle.cli.demo_services import DemoNotStarted, Services

ADDRESS = "http://127.0.0.1:1234/countries"
SERVICES = {"worker-1", "scheduler", "countries"}


def test_the_address_is_known_once_all_services_are_at_work(tmp_path: Path) -> None:
    """Lines that say nothing of it, in JSON or not, are kept and passed over."""
    services = Services(tmp_path / "log")
    for service, line in (
        ("worker-1", '{"event": "worker.started"}'),
        ("worker-1", '["not an event"]'),
        ("scheduler", "Traceback (most recent call last):"),
        ("scheduler", '{"event": "scheduler.started"}'),
        ("countries", f"serving {ADDRESS}"),
    ):
        services.take(service, line)

    assert services.wait(SERVICES, 0) == ADDRESS
    assert (tmp_path / "log").read_text("utf-8").count("\n") == 5


def test_a_service_that_does_not_come_up_is_named_with_the_log(tmp_path: Path) -> None:
    """Who has to look finds where."""
    services = Services(tmp_path / "log")
    services.take("countries", f"serving {ADDRESS}")

    with pytest.raises(DemoNotStarted) as refused:
        services.wait(SERVICES, 0)

    assert "scheduler, worker-1" in refused.value.message
    assert str(tmp_path / "log") in refused.value.message
