"""Lanes: where attempts run that do not simply run in the thread that claimed them.

- `event_loop`  coroutines on the process's one loop, thousands in flight under a bound
- `alone`       attempts in children of their own: CPU-bound tasks, and suspects of every type
- `children`    child processes, asked and answering; those of tasks are kept
- `child`       what a child of tasks runs, which holds nothing of ours
- `suspect`     what the child of any other suspect runs: one claim, read but not settled
"""
