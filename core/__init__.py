"""What every layer stands on and nothing here knows: no workflow, no node, no execution.

- `settings` reads the environment, alone; `errors` is the one root of errors; `ids` makes ids.
- `postgres` and `redis` open connections that are bounded in time.
- `dialer` is the one way out to addresses that a workflow chose.
- `processes` runs children that never outlive their parent, and supervises them.
- `embedded` runs PostgreSQL and Valkey inside the project's folder.

Nothing in `core` keeps state between calls except what an object it returns holds.
"""
