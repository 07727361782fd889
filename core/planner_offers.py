"""Offers to plans: which tasks and models a plan may use, by owner. The operator decides.

`TREADLE_PLANNER_OFFERS` is one JSON object, of names with the accounts that may use them:

    {"tasks": {"report": "*", "refund": ["ada"]}, "models": {"gpt-5.5": "*"}}

A kind that is not in it is left to the request: plans use the tasks and models that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from treadle.core.secret_offers import EVERYBODY, listed

_Owners: TypeAlias = Annotated[
    tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(listed)
]


class PlannerOffers(BaseModel):
    """The tasks and models that plans may use."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    tasks: dict[str, _Owners] | None = None
    """By the name of the task; `None` leaves it to the request."""
    models: dict[str, _Owners] | None = None
    """By the name of the model; `None` leaves it to the request."""

    def tasks_of(self, owner: str) -> frozenset[str] | None:
        """Return the tasks that an owner's plans may use; `None` if the request decides."""
        return _offered(self.tasks, owner)

    def models_of(self, owner: str) -> frozenset[str] | None:
        """Return the models that an owner's plans may use; `None` if the request decides."""
        return _offered(self.models, owner)


def _offered(names: Mapping[str, tuple[str, ...]] | None, owner: str) -> frozenset[str] | None:
    if names is None:
        return None
    allowed = {owner, EVERYBODY}
    return frozenset(name for name, owners in names.items() if not allowed.isdisjoint(owners))
