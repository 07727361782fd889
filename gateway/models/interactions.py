"""The bodies of requests that answer a question."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from treadle.dag.forms import PARTS
from treadle.dag.model import Described, JsonObject


class NewAnswer(Described):
    """An answer, as far as the question's type needs it; null means left out."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"decision": "approve", "comment": "Sorry for that."}]},
    )

    decision: Annotated[str, Field(max_length=200)] | None = None
    """approval: the value of an option, or `confirmed` or `rejected`; review: one of these two."""
    values: JsonObject | None = None
    """input: a value for each field, by its name."""
    selected: Annotated[list[str], Field(max_length=PARTS)] | None = None
    """selection: the values of the chosen options."""
    content: Any = None
    """review: the edited content; left out if it was not edited."""
    comment: str | None = None
    """A comment, shown with the answer."""


class LinkAnswer(NewAnswer):
    """An answer by whoever holds the link that was sent out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"token": "Qk9nU2VjcmV0VG9rZW4tb2YtMjU2LXJhbmRvbS1iaXRz", "decision": "approve"}
            ]
        },
    )

    token: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """The `answer_link.token` that was sent with the question, if no `Authorization` has it."""
