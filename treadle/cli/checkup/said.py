"""What the processes say of themselves: schedulers, gateways, who is not ready, releases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.metadata import version

from treadle.cli.checkup.check import Check, error, fine, warning
from treadle.cli.plain_text import counted
from treadle.transport.process_reports import PERIOD_SECONDS, ProcessReport, Role

#: Seconds without a report after which a process is silent: one that is ready missed two, and one
#: that is not says so each second.
_SILENT_SECONDS = PERIOD_SECONDS * 2.5
_SILENT_UNREADY_SECONDS = 5.0
_SHOWN = 5


def schedulers(reports: Sequence[ProcessReport], passed: str | None) -> Iterator[Check]:
    """Say which schedulers are at work.

    Args:
        passed: the place of the scheduler that made the last whole pass, if one did lately.
    """
    ready = _ready(reports, Role.SCHEDULER)
    if passed and not _of(reports, Role.SCHEDULER):  # one of the release before makes no reports
        ready = [passed]
    if ready:
        yield fine("schedulers", f"at work: {_listed(ready)}")
    elif not any(_is_wrong(each) for each in _of(reports, Role.SCHEDULER)):
        yield error("schedulers", "none is at work", "Start one: treadle scheduler.")


def gateways(reports: Sequence[ProcessReport]) -> Iterator[Check]:
    """Say which gateways serve; a cluster that is only used from here needs none."""
    ready = _ready(reports, Role.GATEWAY)
    if ready:
        yield fine("gateways", f"at work: {_listed(ready)}")
    elif not any(_is_wrong(each) for each in _of(reports, Role.GATEWAY)):
        yield warning("gateways", "none is at work", "Start one to serve HTTP: treadle gateway.")


def said_wrong(reports: Sequence[ProcessReport]) -> Iterator[Check]:
    """Name each process that is not ready, lacks something, or has fallen silent."""
    for each in reports:
        check = f"{each.role}s"
        if _is_silent(each):  # what it said last is true no more
            detail = f"{each.place} has said nothing for {each.age_seconds:.0f} s"
            solution = "See whether it still runs, or was killed, and start it again if so."
            yield warning(check, detail, solution)
            continue
        for lack in each.failing if not each.is_stopping else ():
            found = warning if each.is_ready else error
            state = "does without" if each.is_ready else "is not ready for"
            yield found(check, f"{each.place} {state} {lack.name}: {lack.message}", lack.solution)


def versions(reports: Sequence[ProcessReport]) -> Check:
    """Compare the releases that the processes are of."""
    here = version("treadle")
    others = [each for each in reports if each.version != here]
    if not others:
        return fine(
            "versions",
            f"this command and {counted(len(reports), 'process', 'processes')} are of {here}",
        )
    named = _listed([f"{each.role} {each.place} is of {each.version}" for each in others])
    detail = f"this command is of {here}, but {named}"
    return warning("versions", detail, "End the rollout: start what is older with the new release.")


def _of(reports: Sequence[ProcessReport], role: Role) -> list[ProcessReport]:
    return [each for each in reports if each.role is role]


def _ready(reports: Sequence[ProcessReport], role: Role) -> list[str]:
    return [each.place for each in _of(reports, role) if each.is_ready and not _is_silent(each)]


def _is_silent(report: ProcessReport) -> bool:
    limit = _SILENT_SECONDS if report.is_ready else _SILENT_UNREADY_SECONDS
    return report.age_seconds > limit


def _is_wrong(report: ProcessReport) -> bool:
    """Return whether a process is named by an error of its own."""
    return not (report.is_ready or report.is_stopping or _is_silent(report))


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
