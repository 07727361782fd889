"""docs/errors.md from the errors' own words: `python docs/errors.py`.

Classes of `TreadleError` say their cause, their solution and whether a retry can help. What is
reported as a problem, or as a note, has no class; `docs/problems.toml` says of each what it means.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import treadle
from treadle.core.errors import TreadleError
from treadle.gateway.errors import STATUS

PAGE = Path(__file__).with_name("errors.md")
PROBLEMS = Path(__file__).with_name("problems.toml")

SUBMITTING = "Submitting and validating"
PROBLEM = "Problems in a workflow, a request or an answer"
EXECUTIONS = "Reading, controlling and retrying executions"
RUNNING = "Running a node"
PEOPLE = "Questions to people and their answers"
HTTP = "HTTP and keys"
COMMANDS = "Command line and operators"
PLANNER = "Planner"

#: The sections of the page in their order, each with what it holds.
SECTIONS: Mapping[str, str] = {
    SUBMITTING: "What refuses a workflow or its submission as a whole.",
    PROBLEM: (
        "What is listed under `problems` of an error such as"
        " [`workflow_invalid`](#workflow_invalid), [`request_invalid`](#request_invalid) or"
        " [`reply_invalid`](#reply_invalid). Each comes with the path to the place, and with a"
        " message and a solution for the case."
    ),
    EXECUTIONS: "What refuses a request about an execution, and why an execution ends by itself.",
    RUNNING: "Why an attempt of a node failed; `treadle show` and the node's record have it.",
    PEOPLE: "What refuses an answer, and why a question ended without one.",
    HTTP: "What the gateway answers to any request.",
    COMMANDS: "Why a command or a process does not start, or is not ready.",
    PLANNER: "Why no plan was made, and what was changed in one.",
}

#: The section of a class by the package it is in; `dag` and `ledger` serve several.
_BY_PACKAGE: Mapping[str, str] = {
    "cli": COMMANDS,
    "core": COMMANDS,
    "builder": SUBMITTING,
    "client": HTTP,
    "gateway": HTTP,
    "hil": PEOPLE,
    "monitoring": COMMANDS,
    "planner": PLANNER,
    "scheduler": COMMANDS,
    "transport": COMMANDS,
    "workers": RUNNING,
}
#: The sections of all others, by reason.
_BY_REASON: Mapping[str, str] = {
    SUBMITTING: """
        deadline_invalid expression_invalid idempotency_conflict idempotency_key_invalid
        invalid_workflow outcome_unknown secret_not_allowed_here trigger_not_found
        workflow_differs workflow_exists workflow_invalid workflow_not_found
    """,
    EXECUTIONS: """
        execution_deadline_exceeded execution_is_final execution_not_final execution_not_found
        ledger_inconsistent node_execution_not_found nothing_to_retry release_differs
        row_not_understood
    """,
    RUNNING: """
        address_not_allowed answer_cut answer_filtered answer_incomplete answer_malformed
        attempt_timed_out certificate_not_trusted connection_failed context_too_long
        expression_failed invalid_configuration model_refused name_not_resolved output_not_storable
        provider_key_missing provider_refused provider_unavailable redirect_not_safe
        request_not_valid request_timed_out response_too_large secret_not_for_host
        too_many_node_executions
        too_many_redirects worker_lost
    """,
    PEOPLE: """
        answer_too_large hil_not_delivered hil_timeout interaction_decided interaction_not_found
        question_too_large reply_invalid
    """,
    HTTP: "internal_error key_not_found",
    COMMANDS: """
        cluster_unreachable duplicate_task gateway_differs gateway_not_found gateway_unreachable
        task_not_valid tasks_not_found worker_draining worker_not_registered
    """,
    PLANNER: "plan_not_ready",
}

#: Packages whose own errors the gateway never answers with, although a reason may be the same.
_NOT_SERVED = ("builder", "cli", "client", "workers")

_HEAD = """# Errors

Written by `python docs/errors.py` from the classes of errors, and from `docs/problems.toml` for
reasons that have no class; edit those.

An error has a reason, a message, a solution, and facts about the case. The reason never changes its
name, so programs can rely on it; the message and the solution of a case can be more specific than
the sentences here. On the wire:

```json
{
  "error_code": "execution_not_found",
  "error_message": "…",
  "error_details": {"reason": "execution_not_found", "solution": "…"},
  "is_retryable": false,
  "timestamp": 1767225600000
}
```

*Retryable* says whether the same request or attempt may succeed later, unchanged. A worker repeats
the attempt of a node after a retryable error, up to `max_retries` times; other errors settle the
node at once (see [semantics](semantics.md#errors)). *HTTP status* is there if the gateway answers
with this error; all other errors stand in records of nodes, executions and plans, or end a command
(its exit codes are in [command line](cli.md#exit-codes)). A reason with several causes has each of
them."""


class Unplaced(Exception):
    """A reason is in no section, in two, or in one from which it is gone."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One cause of a reason."""

    reason: str
    section: str
    cause: str
    solution: str
    retryable: bool | None = None
    """None for what is no error by itself."""
    status: HTTPStatus | None = None


def markdown() -> str:
    """Return the page."""
    by_section: dict[str, dict[str, list[Entry]]] = defaultdict(dict)
    for reason, meanings in entries().items():
        by_section[meanings[0].section][reason] = meanings
    lines = [_HEAD]
    for section, said in SECTIONS.items():
        lines += ["", f"## {section}", "", said]
        for reason, meanings in sorted(by_section[section].items()):
            lines += ["", f"### `{reason}`"]
            lines += [line for each in _distinct(meanings) for line in _lines(each)]
    return "\n".join(lines) + "\n"


def entries() -> dict[str, list[Entry]]:
    """Return what each reason means; the first entry decides where it stands.

    Raises:
        Unplaced
    """
    found: dict[str, list[Entry]] = defaultdict(list)
    placed = _placed()
    classes = {each.reason for each in errors()}
    if gone := placed.keys() - classes:
        raise Unplaced(f"docs/errors.py: no class has {', '.join(sorted(gone))}")
    for each in errors():
        package = each.__module__.split(".")[1]
        section = placed.get(each.reason) or _BY_PACKAGE.get(package)
        if section is None:
            raise Unplaced(f"docs/errors.py, _BY_REASON: add {each.reason}")
        cause = _first_paragraph(inspect.getdoc(each) or "")
        status = None if package in _NOT_SERVED else STATUS.get(each.reason)
        found[each.reason].append(
            Entry(each.reason, section, cause, each.solution, each.retryable, status)
        )
    for reason, said in tomllib.loads(PROBLEMS.read_text("utf-8")).items():
        section = {"planner": PLANNER, "http": HTTP}.get(said.get("section", ""), PROBLEM)
        found[reason].append(Entry(reason, section, said["cause"], said["solution"]))
    return found


def errors() -> Iterator[type[TreadleError]]:
    """Yield every class of the product that declares a reason, in a stable order."""
    for module in pkgutil.walk_packages(treadle.__path__, "treadle."):
        if not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
    kinds: list[type[TreadleError]] = [TreadleError]
    for kind in kinds:  # grows while it is walked
        kinds += kind.__subclasses__()
    for kind in sorted(set(kinds[1:]), key=_place):
        # A class that is made at run time, from an answer of the gateway, is in no module.
        declared = getattr(sys.modules.get(kind.__module__), kind.__name__, None) is kind
        if "reason" in vars(kind) and declared and kind.__module__.startswith("treadle."):
            yield kind


def _place(kind: type) -> tuple[bool, str, str]:
    """Order by module and name, the command line last: it repeats the words of others."""
    return kind.__module__.startswith("treadle.cli."), kind.__module__, kind.__qualname__


def _placed() -> dict[str, str]:
    placed: dict[str, str] = {}
    for section, reasons in _BY_REASON.items():
        for reason in reasons.split():
            if reason in placed:
                raise Unplaced(f"docs/errors.py, _BY_REASON: {reason} stands twice")
            placed[reason] = section
    return placed


def _distinct(meanings: list[Entry]) -> list[Entry]:
    """Leave out a meaning that says no more than one before it: a command repeats the gateway's."""
    kept: dict[str, Entry] = {}
    for each in meanings:
        kept.setdefault(each.cause, each)
    return list(kept.values())


def _lines(entry: Entry) -> Iterator[str]:
    yield ""
    yield _prose(entry.cause)
    yield ""
    yield f"- **Solution:** {_prose(entry.solution)}"
    if entry.retryable is not None:
        yield f"- **Retryable:** {'yes' if entry.retryable else 'no'}"
    if entry.status is not None:
        yield f"- **HTTP status:** {entry.status.value} {entry.status.phrase}"


def _prose(text: str) -> str:
    """Return text in which `<` outside of code starts no HTML."""
    parts = text.split("`")
    return "`".join(
        part if index % 2 else part.replace("<", "&lt;") for index, part in enumerate(parts)
    )


def _first_paragraph(text: str) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join(text.partition("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
