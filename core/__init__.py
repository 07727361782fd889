"""What every layer stands on and nothing here knows: no workflow, no node, no execution.

- `settings` reads the environment, alone; `errors` is the one root of errors; `ids` makes ids.
- `postgres` and `redis` open connections that are bounded in time.
- `dialer` is the one way out to addresses that a workflow chose.
- `processes` runs children that never outlive their parent, and supervises them.
- `embedded` runs PostgreSQL and Valkey inside the project's folder.

Who decides what. An operator decides by settings, and only by them: no other module reads the
environment, so all there is to set stands in one class. `dialer` decides what a workflow may reach;
who calls through it cannot widen that. `embedded` decides who may use a data folder, by a lock that
the servers hold too.

What can go wrong, and what follows. Every wait here has a bound: a session of PostgreSQL ends a
statement, a lock or an idle transaction after seconds; a call to Redis gives up at once, because
Redis may be away; a request ends at its deadline. Errors of drivers are wrapped where they are
met, into a `TreadleError` with a reason that does not change, the facts, and what to do.

Nothing in `core` keeps state between calls except what an object it returns holds.
"""
