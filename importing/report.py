"""The report of an import: what maps, what changes, what is lost, and what is left to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any


@unique
class Effect(StrEnum):
    """What an entry of the report means for the imported workflow."""

    MAPS = "maps"
    """It does the same."""
    CHANGES = "changes"
    """It does something close; the message says what differs."""
    LOST = "lost"
    """It is not in the workflow."""
    TO_DO = "to do"
    """A person has to do something before it works."""


@unique
class Reason(StrEnum):
    """Why something is in the report: the closed list, never renamed."""

    effect: Effect

    def __new__(cls, value: str, effect: Effect) -> Reason:
        member = str.__new__(cls, value)
        member._value_ = value
        member.effect = effect
        return member

    MAPPED = "mapped", Effect.MAPS
    """The node is a node of Treadle, which the message names."""

    PER_ITEM = "per_item", Effect.CHANGES
    """The other system runs the node once for each item; here a loop, or an operation on a list."""
    ITEMS_UNKNOWN = "items_unknown", Effect.CHANGES
    """How many items come out is only known in a run; one is assumed."""
    INPUTS_JOINED = "inputs_joined", Effect.CHANGES
    """The node ran once for each connection; here once, with all of them."""
    MERGE_DIFFERS = "merge_differs", Effect.CHANGES
    """A merge mode that is only close to what it was, or that is not there."""
    LOOP_DIFFERS = "loop_differs", Effect.CHANGES
    """A loop gives its body, or what follows it, something else."""
    RETRIES_DIFFER = "retries_differ", Effect.CHANGES
    """Retries have other delays, or apply to other errors."""
    ERROR_PATH = "error_path", Effect.CHANGES
    """A failure takes the output key `error` instead of going on as an item."""
    DISABLED_NODE = "disabled_node", Effect.CHANGES
    """A disabled node is left out; what came to it goes to what follows it."""
    OUTPUT_DIFFERS = "output_differs", Effect.CHANGES
    """The node puts out other fields than it did."""
    SETTING_CHANGED = "setting_changed", Effect.CHANGES
    """A setting has another value here, or another form."""
    TRIGGER_NOT_AVAILABLE = "trigger_not_available", Effect.CHANGES
    """This release starts no execution by such a trigger; it is started by a submission."""
    TRIGGER_ADDED = "trigger_added", Effect.CHANGES
    """Nothing started the workflow; a manual trigger does."""
    CHANNEL_CHANGED = "channel_changed", Effect.CHANGES
    """A question reaches people by another way."""
    UNDEFINED_FAILS = "undefined_fails", Effect.CHANGES
    """A value that is missing is an error of the node; it was empty."""
    TEXT_DIFFERS = "text_differs", Effect.CHANGES
    """Inside text, what is no text stands as JSON."""

    SETTING_LOST = "setting_lost", Effect.LOST
    """A setting that has no equivalent, or no effect here."""
    NODE_LOST = "node_lost", Effect.LOST
    """The node is not in the workflow."""
    SUB_NODE_LOST = "sub_node_lost", Effect.LOST
    """A tool, memory or another part of a model's node that has no equivalent in this release."""
    CYCLE_CUT = "cycle_cut", Effect.LOST
    """A connection that led back is cut."""
    CONNECTION_LOST = "connection_lost", Effect.LOST
    """A connection that has no equivalent, or no end."""
    PINNED_DATA = "pinned_data", Effect.LOST
    """Pinned data of a test is not taken over."""
    STICKY_NOTE = "sticky_note", Effect.LOST
    """A note on the canvas is not taken over."""
    TIMEZONE = "timezone", Effect.LOST
    """A time zone has no effect; dates are in UTC."""
    ERROR_WORKFLOW = "error_workflow", Effect.LOST
    """A workflow that is started by the failure of another is not started here."""
    METADATA_LOST = "metadata_lost", Effect.LOST
    """What was recorded of runs or of deployment is not taken over."""

    CODE_NOT_RUN = "code_not_run", Effect.TO_DO
    """Code does not run from a definition: write it as a `@task`."""
    TASK_TO_WRITE = "task_to_write", Effect.TO_DO
    """There is no such node: the workflow calls a `@task`, which is to be written."""
    NODE_NOT_AVAILABLE = "node_not_available", Effect.TO_DO
    """The node type is known and not in this release; a `@task` stands in its place."""
    CONVERSION_PROPOSED = "conversion_proposed", Effect.TO_DO
    """The expression in place of a conversion in Python is a proposal; look at it."""
    EXPRESSION_NOT_TRANSLATED = "expression_not_translated", Effect.TO_DO
    """The expression has no exact translation; `validate` names its place until it is written."""
    SECRET_REPLACED = "secret_replaced", Effect.TO_DO
    """A secret stood in the file; the workflow names one, which is to be set."""
    SECRET_MISPLACED = "secret_misplaced", Effect.TO_DO
    """A secret stands where none may stand; `validate` names the place until it is moved."""
    CREDENTIAL_BY_ID = "credential_by_id", Effect.TO_DO
    """A credential is stored elsewhere and only named; set a secret in its place."""
    PLACEHOLDER = "placeholder", Effect.TO_DO
    """A value that was to be filled in is still to be filled in."""
    NOT_VALID = "not_valid", Effect.TO_DO
    """What `validate` refuses in the imported workflow besides."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact of an import."""

    path: str
    """Where in the file that was read, as a JSON path; empty for all of it."""
    reason: Reason
    message: str
    """What it was, what it is now, and what to do, in sentences."""

    def to_wire(self) -> dict[str, Any]:
        """Return it as `--json` prints it."""
        return {"path": self.path, "reason": str(self.reason), "message": self.message}


@dataclass(slots=True)
class Report:
    """Collects entries; the same reason at one path counts once if the message is the same."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, path: str, reason: Reason, message: str) -> None:
        """Add an entry."""
        entry = Entry(path, reason, message)
        if entry not in self.entries:
            self.entries.append(entry)
