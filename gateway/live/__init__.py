"""Live events: each committed event reaches every reader once, in order and without delay.

Readers get the events of the ledger by `seq`; a notification through Redis (or a poll a few times a
second, when Redis is away) only says that there are new ones. So no event is missed, repeated or
reordered, however often a reader reconnects, and to whichever gateway.

    hub      `Live`: one task that reads for all readers of this process, on one session at a time
    feed     `Feed`: the latest events of one execution that somebody reads, shared by its readers
    stream   `EventStream`: one reader's answer, server-sent events until there are no more
    log_stream   `LogStream`: the same of the lines of tasks, by a look at the ledger now and then

A reader that is behind what its feed keeps reads pages from the ledger by itself; one that is not
waits without a session, however long. A reader that stops reading is disconnected. A stream ends
with the event that ends its execution, or with an event `closed` that has a reason: after
`gateway_stopping` and `reader_too_slow` the reader is to reconnect, after `key_invalid` it is not.
"""

from treadle.gateway.live.hub import Live
from treadle.gateway.live.log_stream import LogStream, ReadingLines
from treadle.gateway.live.stream import EventStream, Reading

__all__ = ["EventStream", "Live", "LogStream", "Reading", "ReadingLines"]
