"""The page of the API needs nothing from the network."""

from __future__ import annotations

import re

import httpx

from tests.support.gateway_server import Served


def test_the_page_of_the_api_is_served_with_all_that_it_takes(served: Served) -> None:
    """Whatever it loads stands on the gateway itself, and is there."""
    page = httpx.get(f"{served.url}/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)

    assert page.status_code == 200
    assert len(loaded) == 3
    for each in loaded:
        assert each.startswith("/docs/assets/")
        assert httpx.get(f"{served.url}{each}").status_code == 200
