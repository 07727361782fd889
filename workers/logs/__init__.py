"""Logs of tasks: what user code prints and logs, from the call of its function to the ledger.

    task_log    the lines of one attempt, whole and bounded
    current     which attempt user code runs for, in a thread, on the loop or in a child
    capture     standard output, standard error and `logging` of this process, led to the attempt
    collected   the lines of all attempts of a worker: masked, logged, and handed to the committer

Lines are kept beside what an attempt comes to and decide nothing: one that is lost costs a line.
"""
