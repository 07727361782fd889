"""The command line: `treadle COMMAND`.

- `app` names the commands and loads the module of the one that is asked for, and no other, so that
  each starts fast; it is also where an error becomes three lines and an exit code (`errors`).
  `edge` looks at arguments and streams before and after.
- Commands: `up` (with `log_printer` and `task_check`), `gateway` and `services` (worker, planner,
  scheduler; `signals` turns a signal into an orderly stop), `demo` (with `demo_services` and
  `demo_output`), `validate` (and `schema`), `plan` (with `plan_view`), `submit`, `executions`
  (list, show, watch; one node by `node_view`), `why`, `controls` (cancel, pause, resume, retry),
  `inbox` (with `prompts`), `keys`, `doctor` (with `checkup`), `migrate`. `ids` finds what a
  shortened id names.
- `cluster` is what commands need of a cluster; `connect` finds one. Commands that only look at
  executions reach the ledger (`ledger`), those that act its engine and the queue too (`local`), and
  with `TREADLE_SERVER` all of them a gateway (`remote`). `files` reads what a command is given.
- `plain_text` and `console` write: whatever comes from outside is literal text.
- Watching: `tail` yields events in sequence, `progress` folds them and the records into the state
  of each node, `execution_view` makes that a tree or lines, `standstill` says what no worker
  takes, `watch` puts them together.

Every command that talks to a cluster finds a running `treadle up` of the current folder by itself
(see `core.settings`). Errors go to standard error; standard output carries the answer alone.

Exit codes, for scripts:

- 0: done, and all is well.
- 1: done, and the answer is no: the execution did not end as SUCCESS, the file has problems, the
  doctor found something.
- 2: the command was not understood: an option, an argument, a file that cannot be read.
- 3: no cluster can be reached, or it went away.
- 4: the request was refused: no such execution, a final one, a folder that is held.
"""

from treadle.cli.app import main

__all__ = ["main"]
