"""User code by name: the `@task` decorator and the registry of what this process can run.

A task is a plain function. Its name is how a PYTHON_TASK node calls it; its annotations say what
it takes, and are checked for every call; its kind says where it runs: a coroutine function on the
event loop, another function in a thread, one with `lane="process"` in a process of its own.

Workers find tasks by entry points (group `treadle.tasks`, each naming a module) and by modules that
the operator names. The registry belongs to the process, because decorators run on import.

Long because a task, its parameters and the decorator as type checkers read it stand together.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, Literal, NotRequired, Required, TypeAlias, TypeVar, cast, overload

from pydantic import PydanticUserError, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from typing_extensions import TypedDict

from treadle.core.errors import TreadleError
from treadle.workers.task_modules import imported, without_tasks

TaskLane = Literal["async", "thread", "process"]
AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])

ENTRY_POINTS = "treadle.tasks"
#: The group under which an installed package names its modules with tasks.


Recorder: TypeAlias = Callable[["Task", tuple[Any, ...], Mapping[str, Any]], Any]
"""Makes something of a direct call of a task; `None` lets the function run."""


class NonRetryable(TreadleError):
    """Raised by a task: it failed, and a retry cannot help."""

    reason = "task_failed"
    solution = "See the task's own documentation for this message."


class TaskNotValid(TreadleError):
    """The function cannot be used as a task."""

    reason = "task_not_valid"
    solution = "Give every parameter a name, and a type that can be read from JSON."


class DuplicateTask(TreadleError):
    """Two task functions have the same name."""

    reason = "duplicate_task"
    solution = 'Give one of them another name: `@task(name="…")`.'


class TaskInputInvalid(TreadleError):
    """The node's input does not match the task's parameters."""

    reason = "task_input_invalid"
    solution = "Set what is missing or has another type in `input_params`."


@dataclass(frozen=True)
class Task:
    """A function that nodes may call, and how."""

    name: str
    function: Callable[..., Any]
    lane: TaskLane
    max_retries: int | None = None
    """The narrower of this and the node's counts; `None` leaves it to the node."""
    timeout: timedelta | None = None
    """Of one attempt: the narrower of this and the node's counts."""

    @property
    def origin(self) -> tuple[str, str]:
        """Module and qualified name: the same function is the same task after a reload."""
        return (self.function.__module__, self.function.__qualname__)

    @property
    def keys(self) -> frozenset[str] | None:
        """Which keys of an input `bind` reads; `None` if that cannot be told, or it reads all."""
        return _keys(self.function, self._hints)

    def bind(self, payload: bytes) -> dict[str, Any]:
        """Read the arguments from a JSON object: by name, checked, converted as annotated.

        Keys that no parameter asks for are left out, unless the function takes `**keywords`.

        Raises:
            TaskInputInvalid: something is missing or of another type; the error lists all of it.
        """
        try:
            return self._arguments.validate_json(payload)
        except ValidationError as exc:
            found = [
                {"path": ".".join(map(str, error["loc"])), "message": error["msg"]}
                for error in exc.errors(include_url=False)
            ]
            text = "; ".join(f"{one['path'] or 'input'}: {one['message']}" for one in found)
            raise TaskInputInvalid(
                f"The input does not fit task {self.name}: {text}", task=self.name, problems=found
            ) from exc

    def check(self) -> None:
        """Make sure that `bind` will work.

        Raises:
            TaskNotValid: a parameter has no name, or a type that JSON cannot be read as.
        """
        _ = self._arguments

    @property
    def _hints(self) -> dict[str, Any]:
        return typing.get_type_hints(self.function, include_extras=True)

    @cached_property
    def _arguments(self) -> TypeAdapter[dict[str, Any]]:
        # Not at decoration: an annotation may name a class that stands further down.
        try:
            return TypeAdapter(_arguments_type(self.name, self.function, self._hints))
        except (NameError, TypeError, PydanticUserError) as exc:
            raise TaskNotValid(
                f"The annotations of task {self.name} cannot be used: {exc}"
            ) from exc


def _arguments_type(name: str, function: Callable[..., Any], hints: Mapping[str, Any]) -> Any:
    fields: dict[str, Any] = {}
    extra = "ignore"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_KEYWORD:
            extra = "allow"
            continue
        if parameter.kind in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.VAR_POSITIONAL,
        ):
            raise TaskNotValid(f"Task {name} takes {parameter.name} by position only.")
        hint = hints.get(parameter.name, Any)
        given = parameter.default is inspect.Parameter.empty
        fields[parameter.name] = Required[hint] if given else NotRequired[hint]
    make_type: Any = TypedDict  # a type checker knows it for literal fields only
    arguments = make_type("arguments", fields)
    arguments.__pydantic_config__ = {"extra": extra}
    return arguments


def _keys(function: Callable[..., Any], hints: Mapping[str, Any]) -> frozenset[str] | None:
    keys: set[str] = set()
    for parameter in inspect.signature(function).parameters.values():
        key = _key(parameter.name, hints.get(parameter.name))
        if parameter.kind is inspect.Parameter.VAR_KEYWORD or key is None:
            return None
        keys.add(key)
    return frozenset(keys)


def _key(parameter: str, hint: Any) -> str | None:
    """Return what a parameter is called in JSON: its name, or its alias; `None` for several."""
    fields = (each for each in getattr(hint, "__metadata__", ()) if isinstance(each, FieldInfo))
    for alias in (each.validation_alias for each in fields):
        if alias is not None:
            return alias if isinstance(alias, str) else None
    return parameter


class Tasks:
    """Tasks by name. `TASKS` is the process's own."""

    def __init__(self) -> None:
        self._by_name: dict[str, Task] = {}
        self.recorder: Recorder | None = None
        """Set by the builder: sees each direct call first, and makes a node of it or nothing."""

    def of(self, function: Callable[..., Any]) -> Task:
        """Return the task that a function is.

        Raises:
            TaskNotValid: it is none.
        """
        found = [each for each in self if each.function is _plain(function)]
        if found:
            return found[0]
        raise TaskNotValid(
            f"{getattr(function, '__qualname__', function)!s} is no task.",
            solution="Mark the function with `@task`.",
        )

    def __iter__(self) -> Iterator[Task]:
        return iter(self._by_name.values())

    def get(self, name: str) -> Task | None:
        """Return the task of that name, if this process has it."""
        return self._by_name.get(name)

    def add(self, task: Task) -> None:
        """Register a task.

        Raises:
            DuplicateTask: another function has the name.
        """
        known = self._by_name.get(task.name)
        if known is not None and known.origin != task.origin:
            raise DuplicateTask(
                f"Task {task.name} is both {'.'.join(known.origin)} and {'.'.join(task.origin)}.",
                task=task.name,
            )
        self._by_name[task.name] = task

    def discover(self, modules: Iterable[str] = ()) -> None:
        """Import what installed packages and the operator name, and check every task found.

        Raises:
            TasksNameInvalid: what is named is no module's name.
        TasksNotFound: a module cannot be imported, or one that the operator names has no task.
            TreadleError: what registering or checking a task raises.
        """
        for entry in entry_points(group=ENTRY_POINTS):
            imported(entry.module)
        for name in modules:
            module = imported(name)
            if not self._are_in(name):
                raise without_tasks(name, module)
        for task_found in self:
            task_found.check()

    def _are_in(self, module: str) -> bool:
        """Return whether a task stands in a module, in one of its package, or was brought by it."""
        of = [task.function.__module__ for task in self]
        if any(each == module or each.startswith(f"{module}.") for each in of):
            return True
        there = {id(_plain(each)) for each in vars(sys.modules[module]).values()}
        return any(id(task.function) in there for task in self)


TASKS = Tasks()
"""What this process can run."""


@overload
def task(function: AnyFunction, /) -> AnyFunction: ...


@overload
def task(
    *,
    name: str | None = None,
    lane: TaskLane | None = None,
    max_retries: int | None = None,
    timeout: timedelta | None = None,
) -> Callable[[AnyFunction], AnyFunction]: ...


def task(
    function: Any = None,
    /,
    *,
    name: str | None = None,
    lane: TaskLane | None = None,
    max_retries: int | None = None,
    timeout: timedelta | None = None,
) -> Any:
    """Make a function a task; it can still be called directly, and then runs as it is.

    Called with values of a workflow that is being built, it makes a node (`treadle.Workflow`).

    Args:
        name: How nodes call it; the function's name if not given.
        lane: `process` for work that keeps a core busy; else the function's kind decides.
        max_retries: Further attempts after a failure; the narrower of this and the node's counts.
        timeout: Limit of one attempt; the narrower of this and the node's counts.

    Raises:
        TaskNotValid: the lane does not fit the function.
        DuplicateTask: another function has the name.
    """

    def register(plain: AnyFunction) -> AnyFunction:
        chosen = _lane_of(plain, lane)
        made = Task(name or plain.__name__, plain, chosen, max_retries, timeout)
        TASKS.add(made)
        return _recordable(made, plain)

    return register if function is None else register(function)


def _recordable(made: Task, plain: AnyFunction) -> AnyFunction:
    """Return a function that does as the plain one, unless the recorder takes the call."""

    @functools.wraps(plain)
    def direct(*arguments: Any, **named: Any) -> Any:
        if TASKS.recorder is not None:
            node = TASKS.recorder(made, arguments, named)
            if node is not None:
                return node
        return plain(*arguments, **named)

    if made.lane == "async":
        # What asks asyncio whether this is a coroutine function is told so, as before.
        vars(direct)["_is_coroutine"] = vars(asyncio.coroutines)["_is_coroutine"]
    return cast(AnyFunction, direct)


def _plain(function: Any) -> Any:
    """Return the function that a task was made of."""
    return vars(function).get("__wrapped__", function) if inspect.isfunction(function) else function


def _lane_of(function: Callable[..., Any], asked: TaskLane | None) -> TaskLane:
    is_async = inspect.iscoroutinefunction(function)
    if asked is None:
        return "async" if is_async else "thread"
    if is_async != (asked == "async"):
        kind = "a coroutine function" if is_async else "no coroutine function"
        raise TaskNotValid(
            f"{function.__qualname__} is {kind}; it cannot run in lane {asked}.",
            solution='Leave lane out, or use lane="process" with a function that is not async.',
        )
    return asked
