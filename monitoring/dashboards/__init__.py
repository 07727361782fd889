"""Grafana dashboards as code, next to the metrics.

`python -m treadle.monitoring.dashboards FOLDER` writes them as JSON; `make docs` writes the files
in `deploy/grafana/dashboards`, and a test compares them with this code. It needs the development
tools, and nothing in Treadle imports it.

- `overview`  whether all is well, and if not, where to look next; `models` has its last row
- `queues`    queues, workers, the ledger and processes
- `people`    questions that wait for people, and their delivery

`variables` has what a reader chooses: one cluster, queues, and where the documentation is. The
workflow is no label, so none.

`alerts` reads the alert rules: a panel that shows what an alert looks at leads to its runbook and
turns red where the alert begins. The number of a panel, by which an alert leads to it, comes from
its title.

Gauges of the whole cluster, which every scheduler reports, are combined by `max`; counters of
single processes are added up by `sum`; see `monitoring.metrics`.
"""
