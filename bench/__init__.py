"""The benchmark: Treadle beside raw Dramatiq, in one run on the same Valkey.

`shapes` says which graphs are run, `raw` and `tasks` what their nodes do on either side, `cluster`
starts the processes, `counters` reads what they cost, `throughput` and `quiet` measure, `report`
prints. How to read the figures stands in `bench/README.md`.
"""
