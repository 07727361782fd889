"""AI_AGENT.OPENAI_CHATGPT and ANTHROPIC_CLAUDE, as far as every worker knows them.

A provider's SDK takes seconds and many megabytes to load: a process does that with its first such
node, beside its event loop, which goes on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

from treadle.dag.outcomes import Completed, Failed
from treadle.dag.specs import NodeSpec
from treadle.dag.specs.models import ANTHROPIC_CLAUDE, OPENAI_CHATGPT
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import Services, makes

Run = Callable[[Attempt], Awaitable[Completed | Failed]]

_SDK = "treadle.workers.nodes.models.sdk.conversation"
#: Whose interface each speaks.
_WIRES: Mapping[NodeSpec, str] = {OPENAI_CHATGPT: "openai", ANTHROPIC_CLAUDE: "anthropic"}


@makes(*_WIRES)
def model_calls(services: Services) -> Run:
    """Return the implementation that asks the providers to which the settings lead."""
    loading = asyncio.Lock()
    conversations: Any = None

    async def converse(attempt: Attempt) -> Completed | Failed:
        nonlocal conversations
        async with loading:
            if conversations is None:
                module = await asyncio.to_thread(import_module, _SDK)
                conversations = module.Conversations(services.dialer, services.settings)
        wire = _WIRES[attempt.node.spec]
        outcome: Completed | Failed = await conversations.converse(wire, attempt)
        return outcome

    return converse
