"""Human in the loop: nodes that ask people, and how a question lives.

A question is asked by a settle and decided by one transaction of the ledger
(`ledger.engine.interactions`, `ledger.people.answers`): that is where invariant 8 is kept, and
nothing here can break it. This package is what stands around it:

    rights      who may answer: one function, for every path by which an answer comes
    answers     an answer becomes a response: its rights checked, its content validated
    pauses      the pause table in Redis: when something is next due for each question
    sweeper     ends what is due and warns of what soon will be; any number of replicas
    channels/   how a question reaches people: one protocol; `webhook` is one
    delivery    sends what the outbox holds by its channel, and tries again
    wire        an interaction as clients see it

A node that asks waits in `waiting_input`, without a worker, a lease or an attempt's limit; its
execution is WAITING_FOR_HUMAN once nothing else goes on in it. The question has an end of its own,
by the ledger's clock, which runs under pause too.

What can fail: Redis loses the pause table, and the sweeper puts it back from the ledger, which it
sweeps every minute besides. A process dies between the commit that asked and the entry in the
table: the same sweep finds the question. Two sweepers take one question: the second finds it
decided. A channel does not take a question: it is tried again until the question's end, and then
the node fails with `hil_not_delivered`, because nobody had a chance to say no.

Answers come by three ways, and each says who: an account (API key, or the ledger at hand), or the
holder of a link that was sent out. A link's token is 256 random bits, kept as a hash, made for one
question; only a POST that carries it in its body decides anything.
"""
