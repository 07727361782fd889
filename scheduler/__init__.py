"""The scheduler: what time, loss and a full queue have left to do. Any number may run.

    process            a pass: wake, end, reclaim, refill, fold, drop; then sleep until more is due
    dispatcher         rows that no message stands for go to the dispatch queue
    set_aside          executions that acting on fails; none of them fails another
    failure_detector   who has been silent for a lease
    stranded_queues    what is ready and no live process can run
    hil_services       the sweeper of questions and the delivery of what goes out to people
    cluster_stats      the gauges of the whole cluster, looked up when somebody scrapes
    health             whether this process gets through its passes

Each act is one transaction on one execution, which it locks first and leaves alone if another holds
it; two schedulers that find the same thing do it once. A pass that fails is repeated; what a dead
scheduler left is done by the next one.
"""
