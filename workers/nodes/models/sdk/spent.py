"""What a conversation with a model took: calls, tokens, cost."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from treadle.core.providers import Tokens, Wire, cost_usd
from treadle.dag.values import Value
from treadle.monitoring import models
from treadle.workers.nodes.models.sdk.wire import StreamedReply


@dataclass(slots=True)
class Spent:
    """What a conversation has taken so far, for its record."""

    provider: Wire
    model: str
    is_priced: bool
    """Whether the provider's list prices converse."""
    calls: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    repaired: list[str] = field(default_factory=list)
    """What was wrong with answers and report to the model."""

    def add(self, said: StreamedReply) -> None:
        """Take in what a call took, complete or not."""
        self.calls += 1
        self.model = said.model or self.model
        tokens = said.tokens or Tokens()
        self.tokens += tokens
        models.spent(
            "node",
            self.provider,
            tokens_in=tokens.input,
            tokens_out=tokens.output,
            cost_usd=self._cost_usd(tokens),
        )

    def details(self) -> dict[str, Value]:
        """Return what the record says; a cost is null if the model's price is unknown."""
        return {
            "provider": self.provider,
            "model": self.model,
            "calls": self.calls,
            "tokens": asdict(self.tokens),
            "cost_usd": self._cost_usd(self.tokens),
            "repaired": self.repaired,
        }

    def _cost_usd(self, tokens: Tokens) -> float | None:
        return cost_usd(self.provider, self.model, tokens) if self.is_priced else None
