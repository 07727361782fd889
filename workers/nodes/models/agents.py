"""AI_AGENT.OPENAI_CHATGPT and ANTHROPIC_CLAUDE, as far as every worker knows them.

A provider's SDK takes seconds and many megabytes to load: a process does that with its first such
node, beside its event loop, which goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import import_module
from typing import Any

from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs.models import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import Services, makes

Run = Callable[[Attempt], Awaitable[Completed | Failed]]

_SDK = "treadle.workers.nodes.models.sdk.conversation"


class _Providers:
    """The conversations of a process: loaded with its first node that asks a model."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._loading = asyncio.Lock()
        self._conversations: Any = None

    async def converse(self, wire: str, attempt: Attempt) -> Completed | Failed:
        async with self._loading:
            if self._conversations is None:
                module = await asyncio.to_thread(import_module, _SDK)
                self._conversations = module.Conversations(
                    self._services.dialer, self._services.settings
                )
        outcome: Completed | Failed = await self._conversations.converse(wire, attempt)
        return outcome


@makes(OPENAI_CHATGPT)
def openai_calls(services: Services) -> Run:
    """Return the implementation that asks what speaks OpenAI's interface."""
    return partial(_Providers(services).converse, "openai")


@makes(ANTHROPIC_CLAUDE)
def anthropic_calls(services: Services) -> Run:
    """Return the implementation that asks Anthropic's interface."""
    return partial(_Providers(services).converse, "anthropic")
