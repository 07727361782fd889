"""docs/errors.md from the errors that the code defines: `python docs/errors.py`."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import treadle
from treadle.core.errors import TreadleError
from treadle.dag.shape import MODEL_SOLUTIONS
from treadle.gateway.errors import STATUS
from treadle.gateway.live.stream import CLOSED

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "errors.md"
#: Modules that do something when they are imported.
_PROGRAMS = ("__main__", "guardian")

_HEAD = """# Errors

Written by `python docs/errors.py` from the errors that the code defines; edit those.

Every error has a message for the person at hand, a machine-readable `reason` that is never renamed,
and a `solution`: the step that fixes it. Here stands every reason with its cause and the solution
where the raiser knows none better. Over HTTP an error is a problem (RFC 9457) with the status named
here; on the command line its reason stands below the message. *Retry* says whether the same request
may succeed later, unchanged; a node that fails so is tried again by itself, as its policy says."""

#: Where people meet the errors of a module: the first prefix that fits.
_PLACES: Mapping[str, str] = {
    "treadle.ledger.people": "Questions and answers",
    "treadle.hil": "Questions and answers",
    "treadle.dag.questions": "Questions and answers",
    "treadle.planner": "Planning",
    "treadle.ledger.engine.recovery": "Running a node",
    "treadle.ledger.engine.loops": "Running a node",
    "treadle.ledger.engine.endings": "Running a node",
    "treadle.core.dialer": "Running a node",
    "treadle.core.provider_errors": "Models",
    "treadle.core.providers": "Models",
    "treadle.workers.nodes.models": "Models",
    "treadle.workers.tasks": "Tasks",
    "treadle.workers.nodes.tasks": "Tasks",
    "treadle.workers.health": "Processes and operators",
    "treadle.workers": "Running a node",
    "treadle.dag": "Running a node",
    "treadle.ledger": "Executions and workflows",
    "treadle.gateway": "HTTP",
    "treadle": "Processes and operators",
}
_PROBLEMS = "Problems of a workflow, a request or an answer"
_REASON = re.compile(r"[a-z]+(?:_[a-z]+)*\Z")


@dataclass(slots=True)
class Entry:
    """What the page says of one reason in one place."""

    reason: str
    causes: list[str] = field(default_factory=list)
    solutions: list[str] = field(default_factory=list)
    retryable: bool = False

    def add(self, cause: str, solution: str) -> None:
        for known, new in ((self.causes, cause), (self.solutions, solution)):
            if new and new not in known:
                known.append(new)


def markdown() -> str:
    """Return the page."""
    lines = [_HEAD]
    for place, entries in sections().items():
        lines += ["", f"## {place}", ""]
        lines += _table(entries, with_retry=place != _PROBLEMS)
    return "\n".join(lines) + "\n"


def sections() -> dict[str, list[Entry]]:
    """Return the entries by place, each sorted by reason."""
    found: dict[str, dict[str, Entry]] = {place: {} for place in (*_PLACES.values(), _PROBLEMS)}
    for error in errors():
        place = next(name for start, name in _PLACES.items() if error.__module__.startswith(start))
        entry = found[place].setdefault(error.reason, Entry(error.reason))
        entry.add(_first_sentence(error.__doc__ or ""), error.solution)
        entry.retryable = entry.retryable or error.retryable
    for reason, solution in CLOSED.items():
        entry = found["HTTP"].setdefault(reason, Entry(reason))
        entry.add("A live stream was closed before its execution ended.", solution)
    for reason, message, solution in problems():
        found[_PROBLEMS].setdefault(reason, Entry(reason)).add(message, solution)
    return {
        place: [entries[reason] for reason in sorted(entries)]
        for place, entries in found.items()
        if entries
    }


def errors() -> Iterator[type[TreadleError]]:
    """Yield every class of error that Treadle has, with a reason of its own."""
    for module in walk_packages(treadle.__path__, "treadle."):
        if not module.name.endswith(_PROGRAMS):
            import_module(module.name)
    found: list[type[TreadleError]] = [TreadleError]
    for each in found:
        found += each.__subclasses__()
        if "reason" in vars(each) and each.__module__.startswith("treadle."):
            yield each


def problems() -> Iterator[tuple[str, str, str]]:
    """Yield reason, message and solution of the problems that the code reports.

    They are values made where they are found: three texts in a row, the first of which is a reason.
    What a message or a solution quotes from the document stands as `…`.
    """
    for path in sorted((ROOT / "dag").rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for scope in ast.walk(tree):
            if isinstance(scope, ast.FunctionDef):
                yield from _problems_in(scope)


def _problems_in(function: ast.FunctionDef) -> Iterator[tuple[str, str, str]]:
    for node in ast.walk(function):
        parts = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        yield from _model_problem(parts)
        if len(parts) < len(("reason", "message", "solution")):
            continue
        names = _assigned(function, before=node.lineno)
        texts = [_text(each, names) for each in parts]
        for reason, message, solution in zip(texts, texts[1:], texts[2:], strict=False):
            is_reason = isinstance(reason, str) and _REASON.match(reason)
            if is_reason and message and solution and " " in message and message[-1] in ".…":
                yield str(reason), message, solution


def _model_problem(parts: list[ast.expr]) -> Iterator[tuple[str, str, str]]:
    """Yield what a validator of a model raises: its solution stands in `dag.shape`."""
    texts = [_text(each, {}) for each in parts[:2]]
    if len(texts) == len(("reason", "message")) and texts[0] in MODEL_SOLUTIONS and texts[1]:
        message = re.sub(r"\{\w+\}", "…", texts[1])
        yield str(texts[0]), message, MODEL_SOLUTIONS[str(texts[0])]


def _assigned(function: ast.FunctionDef, *, before: int) -> dict[str, str | None]:
    """Return the texts that names stand for at a line: what was assigned to them last."""
    assigned = [
        (node.lineno, target.id, _text(node.value, {}))
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno < before
        for target in node.targets
        if isinstance(target, ast.Name)
    ]
    return {name: text for _, name, text in sorted(assigned, key=lambda each: each[0])}


def _text(node: ast.expr, names: Mapping[str, str | None]) -> str | None:
    """Return a text of the code, with `…` for what is filled in; `None` if it is none."""
    match node:
        case ast.Constant(str(text)):
            return text
        case ast.JoinedStr(parts):
            return "".join(
                str(each.value) if isinstance(each, ast.Constant) else "…" for each in parts
            )
        case ast.Name(name):
            return names.get(name) or "…"
        case ast.Call() | ast.IfExp() | ast.BoolOp() | ast.Subscript() | ast.Attribute():
            return "…"
    return None


def _table(entries: Iterable[Entry], *, with_retry: bool) -> Iterator[str]:
    if with_retry:
        yield "| reason | cause | solution | retry | HTTP |"
        yield "|---|---|---|---|---|"
    else:
        yield "| reason | what is wrong | solution |"
        yield "|---|---|---|"
    for entry in entries:
        anchor = f'<a id="{entry.reason}"></a>`{entry.reason}`'
        cells = [anchor, _cell(entry.causes), _cell(entry.solutions)]
        if with_retry:
            status = STATUS.get(entry.reason)
            cells += ["yes" if entry.retryable else "", str(status.value) if status else ""]
        yield f"| {' | '.join(cells)} |"


def _cell(texts: list[str]) -> str:
    shown = [each for each in texts if each != "…"] or ["As the message says."]
    return "<br>".join(shown).replace("|", "\\|")


def _first_sentence(text: str) -> str:
    return " ".join(text.partition("\n\n")[0].split())


if __name__ == "__main__":
    PAGE.write_text(markdown(), encoding="utf-8")
    sys.exit(0)
