"""Transport: what Redis carries between processes. The ledger is the record; all of it may be lost.

    broker               Dramatiq on Redis lists: pops the most urgent message this process can run
    dispatch_queue       the piece of the ledger's queue that Redis holds: room, epoch, messages
    duration_estimator   how long nodes take, and so how many travel in one message
    messages             what a message says, and how one is read that anybody may have written
    redis_keys           the keys with their types; one of a wrong type is deleted
    served_queues        which queues some process takes
    notifier             tells those who follow an execution, and the scheduler, to look
    pause_table          when something is next due for each question that waits
    metrics_relay        what a command counted, handed to a process that is scraped
    scheduler_heartbeat  the sign that a scheduler is at work
    process_reports      what each process says of itself, for the doctor
    connections          opens what every process of the cluster needs

A message carries ids alone, a notification a number. Nothing waits for Redis while it holds an
execution's row, and nothing that is lost here is lost: the scheduler finds in the ledger what no
message stands for, and puts the pause table back from it. Nor is Redis trusted: what cannot be read
is removed and counted, and a message changes nothing that the ledger does not let it.
"""
