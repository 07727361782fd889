"""Lanes: where attempts run that do not simply run in the thread that claimed them.

- `event_loop`  coroutines on the process's one loop, thousands in flight under a bound
- `children`    calls in child processes, which hold nothing of ours
- `child`       what such a child runs
"""
