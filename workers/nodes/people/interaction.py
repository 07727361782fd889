"""HUMAN_IN_THE_LOOP: a question, rendered and checked, on its way to people."""

from __future__ import annotations

from typing import ClassVar

from treadle.core.errors import TreadleError
from treadle.dag.outcomes import Asked
from treadle.dag.specs.people import IN_APP_APPROVAL, MANUAL_REVIEW, Asking, question_of
from treadle.ledger.engine.settle_rows import ANSWER_BYTES, check_room_for_answer
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.implementation import implements

#: Bytes of a question: what is reviewed comes back in the answer, beside a remark.
QUESTION_BYTES = ANSWER_BYTES // 2


class QuestionTooLarge(TreadleError):
    """The question is larger than the limit."""

    reason: ClassVar[str] = "question_too_large"
    solution: ClassVar[str] = "Store large content elsewhere, and show a link to it."


@implements(IN_APP_APPROVAL, MANUAL_REVIEW)
def ask(attempt: Attempt) -> Asked:
    """Ask; the input goes out again beside the answer.

    Raises:
        QuestionTooLarge
        NotAValue: `output_not_storable`: the input leaves no room for an answer.
    """
    config = attempt.config
    assert isinstance(config, Asking)
    question = question_of(config)
    size = len(question.stored())
    if size > QUESTION_BYTES:
        raise QuestionTooLarge(
            f"The question is {size:,} bytes of JSON; the limit is {QUESTION_BYTES:,}.",
            bytes=size,
            limit=QUESTION_BYTES,
        )
    check_room_for_answer(attempt.input)
    return Asked(question, attempt.input)
