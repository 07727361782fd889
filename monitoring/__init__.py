"""What an operator sees of a running Treadle.

- `logs` configures structured logs, as JSON or for a terminal, and holds the closed list of events:
  what may be logged at all, and what each tells a reader.
- `metrics` names what is counted and measured, for Prometheus; labels come from closed sets, an id
  never becomes one. `facts` counts what a committed transaction did, `models` what is asked of
  model providers; the rest is counted where it happens.
- `exposition` is the page of them: one process's, or that of several behind one address.
- `health` tells whether a process can do its work, and what of that which it needs is not well.
- `server` serves these from a process that has no HTTP server of its own.
- `dashboards` is what an operator looks at, as code.

`docs/monitoring.md` is the page for operators: names, ports, alerts.

Logs answer what happened to this execution, and carry ids. Metrics answer how all of them do, and
carry none. What an execution came to is in neither: that is the ledger's.

Nothing here decides anything: taking it out would change no outcome. A metric or a log line that
cannot be written costs nothing but itself.
"""
