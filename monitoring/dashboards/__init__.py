"""Dashboards as code: what an operator looks at in Grafana, kept beside what is measured.

`python -m treadle.monitoring.dashboards FOLDER` writes them as JSON; `make docs` writes what is
committed under `deploy/grafana/dashboards`, and a test holds it to this code. It needs the
development tools, and nothing of Treadle imports it.

- `overview`  is all well, and if not, where to look next
- `queues`    what waits for workers, and what the workers and the ledger are busy with
- `people`    what waits for people, and whether it reached them

What every scheduler tells of the whole cluster is taken by `max`, what each process counts is added
up by `sum`; see `monitoring.metrics`.
"""
