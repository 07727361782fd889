"""The benchmark: Treadle beside raw Dramatiq, in one run on the same Valkey.

`shapes` has the graphs, `raw` and `tasks` the code of their nodes on either side, `cluster` starts
the processes, `counters` reads their cost, `throughput`, `fairness`, `quiet`, `people`, `gateway`
and `models` measure, `report` prints. `bench/README.md` explains the figures.
"""
