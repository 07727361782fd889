"""AI_AGENT.OPENAI_CHATGPT and ANTHROPIC_CLAUDE, as far as every worker knows them.

A provider's SDK takes seconds and many megabytes to load: a process does that with its first such
node, beside its event loop, which goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from core.dialer import Dialer
from core.settings import Settings
from dag.outcomes import Completed, Failed
from dag.specs import NodeSpec
from dag.specs.ai import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from workers.nodes.attempt import Attempt

Run = Callable[[Attempt], Awaitable[Completed | Failed]]


def model_calls(dialer: Dialer, settings: Settings) -> Mapping[NodeSpec, Run]:
    """Return the implementations that ask the providers which these settings lead to."""
    loading = asyncio.Lock()
    loaded: list[Any] = []

    async def hold(wire: str, attempt: Attempt) -> Completed | Failed:
        async with loading:
            if not loaded:
                module = await asyncio.to_thread(import_module, "workers.nodes.conversations")
                loaded.append(module.Conversations(dialer, settings))
        outcome: Completed | Failed = await loaded[0].hold(wire, attempt)
        return outcome

    return {OPENAI_CHATGPT: partial(hold, "openai"), ANTHROPIC_CLAUDE: partial(hold, "anthropic")}
