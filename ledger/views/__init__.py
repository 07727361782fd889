"""Views: what is read of the ledger, without a lock.

    executions   executions, records and events as clients see them; outputs as attempts read them
    paging       the same piece by piece
    iterations   what a loop goes over, and what its scopes came to
    spending     what models took
    library      workflows and their versions, as their owner sees them
    keys         who may ask the gateway for what
    processes    worker processes: registered, beating, gone
    server       the database server: who holds up others, sessions, room, time
    statistics   how much is open in the whole cluster

What is settled never changes, so a reader may keep it; everything else is as of its statement.
"""
