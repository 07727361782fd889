"""Modules with tasks: found by name, as the operator or an installed package names them."""

from __future__ import annotations

import traceback
from importlib import import_module
from pathlib import Path
from types import ModuleType

from treadle.core.errors import TreadleError
from treadle.dag.problems import quoted

#: Lines of a traceback that an error quotes.
_LINES = 5


class TasksNotFound(TreadleError):
    """A module named for tasks cannot be imported, or contains none."""

    reason = "tasks_not_found"
    solution = "Check the module's name, that the worker can import it, and that it contains tasks."


class TasksNameInvalid(TreadleError):
    """What is named for tasks is no name of a module."""

    reason = "tasks_name_invalid"
    solution = "Name a module as Python imports it: `tasks` or `package.tasks`, not a path."


def check_name(name: str) -> None:
    """Refuse what cannot be the full name of a module.

    Raises:
        TasksNameInvalid
    """
    if _is_file(name) or not all(part.isidentifier() for part in name.split(".")):
        raise TasksNameInvalid(
            f"{quoted(name)} is no name of a module.", solution=_meant(name), module=name
        )


def _is_file(name: str) -> bool:
    return "/" in name or name.endswith(".py")


def _meant(name: str) -> str | None:
    """Return how to name the module in a file, if it has a name from the current folder."""
    parts = Path(name.removesuffix(".py")).parts if _is_file(name) else ()
    if not parts or not all(part.isidentifier() for part in parts):
        return None
    return f"Name the module instead of its file: --tasks {'.'.join(parts)}"


def imported(name: str) -> ModuleType:
    """Import a module by its full name.

    Raises:
        TasksNameInvalid, TasksNotFound
    """
    check_name(name)
    try:
        return import_module(name)
    except TreadleError:  # a task that is twice, or that cannot be one, has a reason of its own
        raise
    except Exception as exc:
        where = "\n".join(own_traceback(exc))
        raise TasksNotFound(f"Tasks in {name}: {exc}\n{where}", module=name) from exc


def own_traceback(error: BaseException) -> list[str]:
    """Return the last lines of an error's traceback, without what Python and Treadle did."""
    found = traceback.TracebackException.from_exception(error, limit=-50)
    ours = str(Path(__file__).resolve().parent)
    of_user = [
        frame
        for frame in found.stack
        if not frame.filename.startswith("<frozen importlib")
        and not str(Path(frame.filename).resolve()).startswith(ours)
        and Path(frame.filename).parent.name != "importlib"
    ]
    found.stack = traceback.StackSummary.from_list(of_user)
    return "".join(found.format(chain=False)).splitlines()[-_LINES:]


def without_tasks(name: str, module: ModuleType) -> TasksNotFound:
    """Return the error of a module without a task: mostly another one of the same name."""
    found = getattr(module, "__file__", None) or "built in"
    message = f"The module {name} has no @task; it was imported from {found}."
    top = name.partition(".")[0]
    own = next((each for each in (Path(top), Path(f"{top}.py")) if each.exists()), None)
    if own is None or Path(found).resolve().is_relative_to(Path.cwd()):
        return TasksNotFound(message, module=name, file=found)
    return TasksNotFound(
        f"{message} {own.resolve()} has the same name and was not imported.",
        solution=f"Rename {own}, so that it is not hidden by the other module.",
        module=name,
        file=found,
        hidden=str(own.resolve()),
    )
