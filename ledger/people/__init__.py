"""People: what becomes of a question, and what goes out to those who are asked.

    interactions   questions as they stand
    answers        a person answers; a channel says that a question arrived
    responses      all that people answered, with what became of each
    timeouts       the time of questions is over, or nearly
    decisions      what both write: a question is decided, and its node leaves by the decision
    outbox         what is to be sent, until it arrives; tokens that let their holder answer

A question is decided once, by whoever locks its execution first (invariant 8). Its node leaves in
that same transaction, through the code of every settle.
"""
