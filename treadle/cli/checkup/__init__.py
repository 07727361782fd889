"""What the doctor looks at: each check is a question about the cluster, with its findings.

    check      a finding: what was looked at, how grave it is, what to do
    checks     which checks are made, and in which order
    database   the server: locks that others wait for, sessions, room
    processes  workers and planners by their beats
    work       what waits for nobody, and what loses workers
    clocks     whether all go by the same time

A check that cannot be made because an earlier one failed is left out: the earlier one is what a
person has to fix. One that fails itself is a finding, and the next one is made.
"""

from treadle.cli.checkup.check import Check, Severity
from treadle.cli.checkup.checks import checks

__all__ = ["Check", "Severity", "checks"]
