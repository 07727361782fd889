"""Live events: what is committed reaches whoever reads, once and in order, as soon as it is there.

The ledger is the truth: readers get its events by `seq`, and a doorbell in Redis (or a look a few
times a second, when Redis is away) only says that there are new ones. So nothing is missed, doubled
or reordered, however often a reader comes back, and whichever gateway it comes back to.

    hub      `Live`: one task that looks for all readers of this process, on one session at a time
    feed     `Feed`: the latest events of one execution that somebody reads, shared by its readers
    stream   `EventStream`: one reader's answer, server-sent events until there are no more

A reader that is behind what its feed keeps reads pages from the ledger by itself; one that is not
waits without a session, however long. It is written to for as long as it takes what it is sent:
one that does not is dropped and told why. A stream ends with the event that ends its execution, or
with an event `closed` that has a reason: `gateway_stopping` and `reader_too_slow` mean come again,
`key_invalid` means do not.
"""

from treadle.gateway.live.hub import Live
from treadle.gateway.live.stream import EventStream, Reading

__all__ = ["EventStream", "Live", "Reading"]
