"""A finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Any


@unique
class Severity(StrEnum):
    """How grave a finding is."""

    OK = "ok"
    WARNING = "warning"
    """All works, and it is worth a look."""
    ERROR = "error"
    """Something does not work: the doctor exits with 1."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found."""

    check: str
    """What it is, for programs; one check may have several findings."""
    severity: Severity
    detail: str
    """What was found."""
    solution: str = ""
    """What to do, if it is not ok."""

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.severity is not Severity.ERROR

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "check": self.check,
            "ok": self.ok,
            "severity": self.severity.value,
            "detail": self.detail,
            "solution": self.solution,
        }


def fine(check: str, detail: str) -> Check:
    """Return that all is well."""
    return Check(check, Severity.OK, detail)


def warning(check: str, detail: str, solution: str) -> Check:
    """Return what is worth a look."""
    return Check(check, Severity.WARNING, detail, solution)


def error(check: str, detail: str, solution: str) -> Check:
    """Return what does not work."""
    return Check(check, Severity.ERROR, detail, solution)
