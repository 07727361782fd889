"""The fault run: a busy cluster, hurt every half minute, with its rates before, during and after.

`python -m bench.faults` starts a cluster with the settings of `treadle up`, keeps it busy over
HTTP, and does to it what machines and operators do: processes are killed and stopped, servers are
killed, emptied, filled up and cut off. It exits with 1 if anything is lost, ends twice or ends
wrong, if a process ends by itself, or if the rate is not back within a minute of the last fault.

- `cell` is the cluster; its processes reach both servers through `proxy`, which can be cut, and
  their data are on a `disk` that can be filled.
- `mix` is what runs, and what each execution must come to.
- `load` keeps so many of each in progress, and `checks` looks at each that has ended.
- `kinds` are the faults, in their order.
- `outside` is what the load calls: an HTTP server, and a model.
- `rates` counts settled nodes by second, `processors` the cores that were there for them.
- `report` judges and prints.
"""
