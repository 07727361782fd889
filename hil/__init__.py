"""Human in the loop: nodes that ask people, and how a question lives.

A question is asked by a settle and decided by one transaction of the ledger
(`ledger.engine.interactions`, `ledger.people.answers`): that is where invariant 8 is kept, and
nothing here can break it. This package is what stands around it:

    rights      who may answer: one function, for every path by which an answer comes
    answers     an answer becomes a response: its rights checked, its content validated; one that
                cannot count is recorded as refused
    sweeper     ends what is due and warns of what soon will be; any number of replicas
    channels/   how a question reaches people: one protocol; `webhook` is one
    delivery    sends what the outbox holds by its channel, and tries again

When something is next due for each question stands in Redis, in `transport.pause_table`; a question
as clients see it in `wire.interactions`.

A node that asks waits in `waiting_input`, without a worker, a lease or an attempt's limit; its
execution is WAITING_FOR_HUMAN once nothing else goes on in it. The question has an end of its own,
by the ledger's clock, which runs under pause too.

What can fail: Redis loses the pause table, and the sweeper puts it back from the ledger, which it
sweeps every minute besides. A process dies between the commit that asked and the entry in the
table: the same sweep finds the question. Two sweepers take one question: the second finds it
decided. A channel does not take a question: it is tried again until the question's end, and then
the node fails with `hil_not_delivered`, because nobody had a chance to say no.

Answers come by two ways, and each says who: an account (API key, or the ledger at hand), or the
holder of a link that was sent out. A link's token is 256 random bits, kept as a hash, made for one
question, and replaced by that of the next message; only a POST that carries it, best in
`Authorization`, decides anything. It proves no account, so where a question names assignees no link
is sent and none answers.
"""
