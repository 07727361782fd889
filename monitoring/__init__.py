"""What an operator sees of a running Treadle.

- `logs` configures structured logs, as JSON or for a terminal, and holds the closed list of events
  with their meanings.
- `uncaught` logs the errors that nothing catches, and warnings.
- `metrics` defines the Prometheus metrics; labels come from closed sets and are never ids. `facts`
  counts what a committed transaction did, `models` the calls of model providers; other metrics are
  counted where things happen.
- `exposition` renders the metrics of one process, or of several behind one address.
- `health` checks whether a process can do its work, and which of its dependencies fails.
- `dependencies` watches the servers and the disk that a process uses, and sets their gauges.
- `server` serves these from a process that has no HTTP server of its own.
- `dashboards` are the Grafana dashboards, as code.

`docs/monitoring.md` is the page for operators: names, ports, alerts.

Logs describe single executions, with ids. Metrics describe all of them, without ids. The results of
executions are in neither: they are in the ledger.

Nothing here decides anything: no outcome depends on it. If a metric or a log line cannot be
written, nothing else fails.
"""
