"""The base of all layers, independent of workflows, nodes and executions.

- `settings` is the only reader of the environment; `errors` has the root of all errors; `ids` makes
  ids.
- `postgres` and `redis` open connections with time limits.
- `dialer` makes all outgoing connections to addresses that a workflow chose.
- `discovery` imports what a package has; `batching` takes together what threads hand to one.
- `traces` finds secrets in texts, in the forms in which errors and calls carry them.
- `vital` watches the threads that a process cannot do without.
- `processes` runs children that never outlive their parent, and supervises them.
- `embedded` runs PostgreSQL and Valkey inside the project's folder.

Who decides what. An operator decides by settings, and only by them: no other module reads the
environment, so one class lists everything that can be set. `dialer` decides what a workflow may
reach; its callers cannot widen that. `embedded` decides who may use a data folder, by a lock that
the servers hold too.

What can go wrong, and what follows. Every wait here has a bound: a session of PostgreSQL ends a
statement, a lock or an idle transaction after seconds; a call to Redis gives up at once, because
Redis may be down; a request ends at its deadline. Errors of drivers are wrapped where they occur,
into a `TreadleError` with a stable reason, the facts, and what to do.

`core` keeps no state between calls, except in the objects that it returns.
"""
