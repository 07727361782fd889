"""Grafana dashboards as code, next to the metrics.

`python -m treadle.monitoring.dashboards FOLDER` writes them as JSON; `make docs` writes the files
in `deploy/grafana/dashboards`, and a test compares them with this code. It needs the development
tools, and nothing in Treadle imports it.

- `overview`  whether all is well, and if not, where to look next
- `queues`    queues, workers, the ledger and processes
- `people`    questions that wait for people, and their delivery

`variables` has what a reader chooses: one cluster, and queues. The workflow is no label, so none.

Gauges of the whole cluster, which every scheduler reports, are combined by `max`; counters of
single processes are added up by `sum`; see `monitoring.metrics`.
"""
