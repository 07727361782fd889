"""Lanes: where attempts run that do not simply run in the thread that claimed them.

- `limited`           attempts in this process, in a thread or on the loop, each within its limit
- `event_loop`        coroutines on the process's one loop, thousands in flight under a bound
- `isolated_runner`   attempts in children of their own: CPU-bound tasks, and suspects of every type
- `child_pool`        child processes, asked and answering; those of tasks are kept
- `child_process`     what a child of tasks runs, which holds nothing of ours
- `frames`            calls and replies between the two, by number
- `isolated_attempt`  what the child of any other suspect runs: one claim, read but not settled
"""
