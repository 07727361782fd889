"""Where a client finds its cluster: a gateway, or the cluster of this folder without one."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from treadle.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Connection:
    """A way to a cluster."""

    server: str
    headers: dict[str, str]
    settings: Settings | None = None
    """Those of a cluster that is reached straight; `None` for a gateway."""

    @classmethod
    def to(cls, server: str | None, api_key: str | None) -> Connection:
        """Return the way to what is named, else to what the environment or the folder names."""
        settings = Settings.load(**{} if server is None else {"server": server})
        key = SecretStr(api_key) if api_key is not None else settings.api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
        if settings.server is None:
            return cls("http://this-folder", {}, settings)
        return cls(settings.server, headers)

    def transport(self) -> httpx.BaseTransport | None:
        """Return what carries requests; `None` for what HTTP takes by itself."""
        if self.settings is None:
            return None
        from treadle.client.local import LocalTransport  # noqa: PLC0415 - only where it is needed

        return LocalTransport(self.settings)

    def async_transport(self) -> httpx.AsyncBaseTransport | None:
        """Return what carries requests of coroutines."""
        if self.settings is None:
            return None
        from treadle.client.local import AsyncLocalTransport  # noqa: PLC0415 - as above

        return AsyncLocalTransport(self.settings)
