"""Regular expressions in RE2's syntax, which match in time linear in the text.

Finding all matches is not linear: a pattern such as `a.*b|a` scans the whole rest of the text for
each, and compiling a pattern takes longer than most matches. So the processor time of these is
counted as steps, in addition to the cost of a scan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from time import thread_time_ns
from types import MappingProxyType
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from treadle.dag.expressions.arguments import between, flag, text
from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.errors import Fault
from treadle.dag.expressions.operations import Operation, operation, table
from treadle.dag.values import Value

#: Characters of a pattern.
PATTERN_CHARACTERS = 500

#: Bytes that a compiled pattern may grow to; re2 keeps the last 128 of a process.
PATTERN_BYTES = 512 * 1024

#: What RE2 does for one step at worst: a byte of text against so many instructions of a pattern.
WORK_A_STEP = 40

#: Steps of a call that finds nothing to do.
CALL_STEPS = 20

#: Processor time that counts as one step, in nanoseconds.
STEP_NANOSECONDS = 150

_GROUP = re.compile(r"\\(\d|\\)")


def regex_match(budget: Budget, value: Value, pattern: Value, ignorecase: Value = False) -> bool:
    """Whether the whole text matches a pattern."""
    compiled = _compiled(pattern, ignorecase, budget)
    return compiled.fullmatch(_subject(value, compiled, budget)) is not None


def regex_search(budget: Budget, value: Value, pattern: Value, ignorecase: Value = False) -> Value:
    """The first match: its text, its group, or a list of its groups; null where there is none."""
    compiled = _compiled(pattern, ignorecase, budget)
    match = compiled.search(_subject(value, compiled, budget))
    return None if match is None else _found(match, compiled, budget)


def regex_findall(
    budget: Budget, value: Value, pattern: Value, ignorecase: Value = False
) -> list[Value]:
    """A list of all matches, each as `regex_search` gives one."""
    compiled = _compiled(pattern, ignorecase, budget)
    matches = []
    for match in _matches(compiled, _subject(value, compiled, budget), budget):
        budget.make_items(1)
        matches.append(_found(match, compiled, budget))
    return matches


def regex_replace(
    budget: Budget,
    value: Value,
    pattern: Value,
    replacement: Value,
    count: Value = 0,
    ignorecase: Value = False,
) -> str:
    """The text with all (or the first `count`) matches replaced; `\\1` is a match's group."""
    compiled = _compiled(pattern, ignorecase, budget)
    most = between("The count of `regex_replace`", count, 0, 2**31)
    pieces = _pieces(text("`regex_replace`", replacement), compiled.groups)
    subject = _subject(value, compiled, budget)
    parts, done = [], 0
    for number, match in enumerate(_matches(compiled, subject, budget), start=1):
        new = "".join(p if isinstance(p, str) else (match.group(p) or "") for p in pieces)
        budget.make_text(match.start() - done + len(new), not subject.isascii())
        parts += [subject[done : match.start()], new]
        done = match.end()
        if number == most:
            break
    budget.make_text(len(subject) - done, not subject.isascii())
    return "".join([*parts, subject[done:]])


def regex_escape(budget: Budget, value: Value) -> str:
    """The pattern that matches just this text."""
    found = text("`regex_escape`", value)
    budget.read(found)
    budget.make_text(2 * len(found), not found.isascii())
    return str(re2.escape(found))


def _compiled(pattern: Value, ignorecase: Value, budget: Budget) -> Any:
    written = text("A pattern", pattern)
    if len(written) > PATTERN_CHARACTERS:
        raise Fault(f"A pattern has at most {PATTERN_CHARACTERS} characters", "bad_argument")
    with _counted(budget):
        try:
            return _compile(written, flag("`ignorecase`", ignorecase))
        except (re2.error, UnicodeEncodeError):
            raise Fault(
                "The pattern is not a regular expression of RE2",
                "bad_argument",
                "RE2 has no look-around and no references to groups inside a pattern.",
            ) from None


@contextmanager
def _counted(budget: Budget) -> Iterator[None]:
    """Count the processor time that something takes as steps."""
    started = thread_time_ns()
    yield
    budget.visit(1 + (thread_time_ns() - started) // STEP_NANOSECONDS)


@lru_cache(maxsize=128)
def _compile(pattern: str, ignorecase: bool) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = PATTERN_BYTES
    options.case_sensitive = not ignorecase
    return re2.compile(pattern, options)


def _subject(value: Value, compiled: Any, budget: Budget) -> str:
    """Return the text to search, after charging for one scan of it."""
    found = text("A regular expression", value)
    size = len(found) if found.isascii() else 4 * len(found)
    budget.visit(CALL_STEPS + size * compiled.programsize // WORK_A_STEP)
    return found


def _matches(compiled: Any, subject: str, budget: Budget) -> Iterator[Any]:
    matches = compiled.finditer(subject)
    while True:
        with _counted(budget):
            match = next(matches, None)
        if match is None:
            return
        yield match


def _found(match: Any, compiled: Any, budget: Budget) -> Value:
    """Return a match as an author sees it; an unmatched group is null."""
    groups = match.groups()
    found = [match.group()] if not groups else list(groups)
    budget.make_texts(len(found), sum(len(each) for each in found if each))
    return found[0] if len(found) == 1 else found


def _pieces(replacement: str, groups: int) -> list[str | int]:
    """Cut a replacement into text and the numbers of groups."""
    pieces: list[str | int] = []
    for index, piece in enumerate(_GROUP.split(replacement)):
        if index % 2 == 0 or piece == "\\":
            pieces.append(piece)
        elif int(piece) <= groups:
            pieces.append(int(piece))
        else:
            raise Fault(f"The pattern has no group {piece}", "bad_argument")
    return pieces


FILTERS: Final[Mapping[str, Operation]] = MappingProxyType(
    table(
        operation("regex_match", regex_match),
        operation("regex_search", regex_search),
        operation("regex_findall", regex_findall),
        operation("regex_replace", regex_replace),
        operation("regex_escape", regex_escape),
    )
)
