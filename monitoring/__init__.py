"""What an operator sees of a running Treadle.

- `logs` configures structured logs, as JSON or for a terminal, and holds the closed list of events:
  what may be logged at all, and what each tells a reader.
- `metrics` counts and measures, for Prometheus. Each process has its own counters; labels come
  from closed sets, an id never becomes one.

Logs answer what happened to this execution, and carry ids. Metrics answer how all of them do, and
carry none. What an execution came to is in neither: that is the ledger's.

Nothing here decides anything: taking it out would change no outcome. A metric or a log line that
cannot be written costs nothing but itself.
"""
