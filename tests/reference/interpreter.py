"""Run a workflow document in memory, as docs/semantics.md says, one scope at a time.

Where that leaves a choice, this is the one made here:

 1. Under `continue_on_failure` poison goes on through what it skipped; inside a body it does
    nothing: a failure there ends the scope, and the loop's `on_error` decides.
 2. A failed node without an `error` connection puts out nothing, and `nodes.<id>` is undefined for
    it as it is for a skipped one; one that left by `error` is `{error, input}` there, and no leaf.
 3. `input` beside an error is what the node had by then: the input; what arrived, if `input_params`
    failed; null, if a conversion failed.
 4. Scopes are numbered from 0 in the order they open, whatever `index` is inside; `index` of
    `for_range` is the value of the range, of `while` the number of turns so far.
 5. A loop that a scope failed has that scope's error, and by `error` it names the scope in full. Of
    scopes that run side by side, it is a matter of order which had opened, and `results` is `ANY`.
 6. `max_iterations` is reached when one more turn is due: N turns under a limit of N are no error.
    A condition is evaluated before the limit is looked at; a range that is too long fails before
    its first turn.
 7. A body sees `item`, `index` and `last` of its own loop; what its loop does not set is the outer
    loop's.
 8. `on_error: continue` and `collect` make the next turn's `last` null and `{error}`.
 9. `output` is compared for SUCCESS alone.
10. A condition holds as Jinja has it: empty, zero, null and false do not.
11. Reasons that it does not name are the product's: `not_a_list`, `not_an_object`,
    `values_not_comparable`, `not_a_number`. What lists come to is in `lists`, choices included.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from tests.reference.document import Connection, Drawing, draw
from tests.reference.expressions import Evaluator
from tests.reference.nodes import Refused, Source, Step, as_object, run_node
from tests.reference.result import ANY, Record, Result, known
from tests.reference.scopes import Arrival, End, LoopFailed, Scope, Settled, error_of
from treadle.core.errors import TreadleError

TOO_MANY_TURNS = "max_iterations_reached"


def interpret(
    document: Mapping[str, Any],
    value: Any,
    *,
    trigger: str | None = None,
    tasks: Mapping[str, Callable[..., Any]] | None = None,
) -> Result:
    """Return what an execution of a valid document must come to.

    Args:
        document: A workflow that validation accepts.
        value: The submitted input.
        trigger: The trigger that fires; by default the MANUAL one, else the only one.
        tasks: What PYTHON_TASK nodes call, by name.
    """
    drawing = draw(document)
    manual = [t for t in drawing.triggers if drawing.nodes[t]["subtype"] == "MANUAL"]
    fired = trigger or (manual or list(drawing.triggers))[0]
    run = _Run(drawing, Evaluator(drawing.nodes), fired, value, dict(tasks or {}))
    root = Scope("", None, {"trigger": value})
    end = run.walk(root)
    status = "ERROR" if end.errors else "SUCCESS"
    return Result(
        status=status,
        output=dict(end.leaves) if status == "SUCCESS" else None,
        records=run.records,
        order_dependent=tuple(run.open_questions),
    )


@dataclass(frozen=True, slots=True)
class _Opening:
    """A loop that is about to open its scopes."""

    scope: Scope
    node: str
    step: Step
    doubtful: Mapping[str, str]

    def path(self, number: int) -> str:
        return f"{self.scope.path}/{self.node}:{number}".lstrip("/")

    def scope_of(self, number: int, seen: Mapping[str, Any]) -> Scope:
        """An iteration; `seen` is what its expressions see and its first nodes get."""
        return Scope(
            path=self.path(number),
            loop=self.node,
            variables={**self.scope.variables, **seen},
            entry=dict(seen),
            outputs=dict(self.scope.outputs),
            doubtful=self.doubtful,
        )

    def failed_in(
        self, number: int | None, errors: Sequence[Mapping[str, Any]], results: Any
    ) -> LoopFailed:
        """The end of the loop by one of `errors`, in the scope of that number if it is known."""
        error = error_of(errors)
        unsure = None
        if results is ANY or error["error_code"] is ANY:
            unsure = f"how far {self.node} came when it failed is a matter of order"
        return LoopFailed(error, ANY if number is None else self.path(number), results, unsure)


@dataclass
class _Run:
    drawing: Drawing
    evaluator: Evaluator
    fired: str
    input: Any
    tasks: Mapping[str, Callable[..., Any]]
    records: dict[tuple[str, str], Record] = field(default_factory=dict)
    open_questions: list[str] = field(default_factory=list)

    def walk(self, scope: Scope) -> End:
        """Settle a scope's nodes, each after all it is connected from.

        A failure that ends the scope does not end the walk: what is not connected to it is still
        told as it would have gone, only not as certain.
        """
        members = self.drawing.members(scope.loop)
        for node in members:
            settled = self._settle(scope, node)
            scope.settle(node, settled)
            self._record(scope, node, settled)
        failed = [node for node in members if scope.settled[node].unhandled]
        if failed and not self._goes_on(scope):
            sure = set.intersection(*(scope.settled_before(node) for node in failed))
            sure.update(failed if len(failed) == 1 else ())
            for node in set(members) - sure:
                self._doubt(scope, node)
        leaves = {node: s for node, s in scope.settled.items() if self._is_leaf(node, s)}
        if scope.loop is not None and any(leaf.unsure for leaf in leaves.values()):
            self._leave_open(f"a result of {scope.loop} is not settled")
        return End(
            leaves={node: leaf.output for node, leaf in leaves.items()},
            errors=tuple(scope.settled[node].error or {} for node in failed),
        )

    def _goes_on(self, scope: Scope) -> bool:
        return self.drawing.continue_on_failure and scope.loop is None

    def _is_leaf(self, node: str, settled: Settled) -> bool:
        return settled.status == "completed" and (node, settled.key) not in self.drawing.wired

    # -- arrivals ---------------------------------------------------------------------------------

    def _settle(self, scope: Scope, node: str) -> Settled:
        wires = self.drawing.incoming[node]
        if node in self.drawing.triggers:
            if node == self.fired:
                return Settled("completed", "result", self.input)
            return Settled("skipped")
        arrivals = [self._arrival(scope, wire) for wire in wires]
        taken = [w for w, arrival in zip(wires, arrivals, strict=True) if arrival is Arrival.TAKEN]
        after = tuple(wire.source for wire in wires)
        if taken and self.drawing.waits_for_any(node):
            taken = [self._first(scope, node, taken)]
            after = (taken[0].source,)
        elif Arrival.NEVER in arrivals:
            return Settled("canceled")
        elif Arrival.POISONED in arrivals:
            return Settled("skipped", poisoned=True, after=after)
        elif not taken:
            return Settled("skipped", after=after)
        return replace(self._attempt(scope, node, taken, after), after=after)

    def _arrival(self, scope: Scope, wire: Connection) -> Arrival:
        if wire.source == scope.loop:
            return Arrival.TAKEN
        source = scope.settled[wire.source]
        if source.status == "canceled" or (source.unhandled and not self._goes_on(scope)):
            return Arrival.NEVER
        if source.poisoned or source.unhandled:
            return Arrival.POISONED
        return Arrival.TAKEN if source.key == wire.key else Arrival.PASSED

    def _first(self, scope: Scope, node: str, taken: list[Connection]) -> Connection:
        """The connection that a node waiting for any runs with."""
        sources = {wire.source for wire in taken}
        racing = [
            wire
            for wire in taken
            if wire.source == scope.loop or not sources & scope.settled_before(wire.source)
        ]
        if len(racing) > 1:
            self._leave_open(f"{node} takes whichever of {sorted(sources)} arrives first")
        return racing[0]

    # -- one node ---------------------------------------------------------------------------------

    def _attempt(
        self, scope: Scope, node: str, taken: list[Connection], after: tuple[str, ...]
    ) -> Settled:
        evaluator = self.evaluator.watched()
        variables = {**scope.variables, "nodes": scope.outputs}
        given: Any = None
        try:
            sources = [self._convert(scope, node, wire, evaluator, variables) for wire in taken]
            given = _arrived(sources)
            params = self.drawing.nodes[node].get("input_params") or {}
            given = {**given, **evaluator.render(params, {**variables, "input": given})}
            step = Step(
                subtype=self.drawing.nodes[node]["subtype"],
                configurations=self.drawing.configurations(node),
                input=given,
                variables={**variables, "input": given},
                sources=tuple(sources),
                evaluator=evaluator,
                tasks=self.tasks,
            )
            if self.drawing.is_loop(node):
                return self._loop(_Opening(scope, node, step, self._doubtful(scope, after)))
            key, output = run_node(step)
        except (TreadleError, Refused) as failure:
            return self._failed(node, failure.to_wire(), {"input": given})
        except LoopFailed as failure:
            settled = self._failed(node, failure.output["error"], failure.output)
            return replace(settled, unsure=failure.unsure or settled.unsure)
        finally:
            if evaluator.read:
                doubtful = self._doubtful(scope, after)
                for other in sorted(evaluator.read & doubtful.keys()):
                    self._leave_open(f"{node} reads {other}: {doubtful[other]}")
        return Settled("completed", key, output)

    def _failed(self, node: str, error: Mapping[str, Any], beside: Mapping[str, Any]) -> Settled:
        if (node, "error") not in self.drawing.wired:
            return Settled("failed", error=error)
        if self.drawing.is_loop(node) and "results" not in beside:
            beside = {"scope": None, "results": []}
        unsure = "docs/semantics.md names no reason for it" if error["error_code"] is ANY else None
        return Settled("failed", "error", {**beside, "error": error}, error, unsure=unsure)

    def _convert(
        self,
        scope: Scope,
        node: str,
        wire: Connection,
        evaluator: Evaluator,
        variables: Mapping[str, Any],
    ) -> Source:
        if wire.source == scope.loop:
            output: Any = scope.entry
            unsure: str | None = None
        else:
            output, unsure = scope.outputs[wire.source], scope.settled[wire.source].unsure
        if unsure and (wire.conversion is None or "output" in evaluator.names_in(wire.conversion)):
            self._leave_open(f"{node} gets a value that is not settled: {unsure}")
        if wire.conversion is not None:
            output = evaluator.evaluate(wire.conversion, {**variables, "output": output})
        return Source(wire.source, output, self.drawing.is_loop(wire.source))

    def _doubtful(self, scope: Scope, after: tuple[str, ...]) -> dict[str, str]:
        """What a node that waited for `after` cannot rely on, with the reason."""
        sure = set(after).union(
            *(scope.settled_before(source) for source in after if source in scope.settled)
        )
        doubtful = dict(scope.doubtful)
        for other, settled in scope.settled.items():
            if other not in sure:
                doubtful[other] = "it may not have settled yet"
            elif settled.unsure:
                doubtful[other] = settled.unsure
        return doubtful

    # -- loops ------------------------------------------------------------------------------------

    def _loop(self, opening: _Opening) -> Settled:
        step = opening.step
        run = self._for_each if step.subtype == "FOR_EACH" else self._in_turns
        results = run(opening)
        if step.setting("collect_results", True):
            return Settled("completed", "done", {"results": results, "count": len(results)})
        output = {"count": len(results), "results_ref": ANY}
        return Settled("completed", "done", output, unsure="results_ref is the ledger's")

    def _for_each(self, opening: _Opening) -> list[Any]:
        on_error = opening.step.setting("on_error", "fail")
        one_by_one = opening.step.setting("max_parallel", None) == 1
        ends = []
        for number, item in enumerate(opening.step.entries("over")):
            ends.append(self.walk(opening.scope_of(number, {"item": item, "index": number})))
            if ends[-1].errors and on_error == "fail" and one_by_one:
                break
        failed = [number for number, end in enumerate(ends) if end.errors]
        if not failed or on_error != "fail":
            return [self._outcome(opening, end, on_error) for end in ends]
        if one_by_one:
            results = [*(end.result for end in ends[:-1]), None]
            raise opening.failed_in(failed[0], ends[-1].errors, results)
        for number in range(len(ends)):
            if failed != [number]:
                self._doubt_scopes(f"{opening.path(number)}/")
        errors = [error for number in failed for error in ends[number].errors]
        raise opening.failed_in(failed[0] if len(failed) == 1 else None, errors, ANY)

    def _in_turns(self, opening: _Opening) -> list[Any]:
        step = opening.step
        on_error = step.setting("on_error", "fail")
        limit = step.setting("max_iterations", 100)
        last: Any = step.input
        results: list[Any] = []
        for number, index in enumerate(_indices(step)):
            seen = {"index": index, "last": last}
            try:
                due = step.goes_over_range or step.holds("loop_condition", **seen)
            except TreadleError as failure:
                raise LoopFailed(failure.to_wire(), None, results) from None
            if not due:
                break
            if number == limit:
                if step.setting("stop_at_max", False):
                    break
                raise LoopFailed(Refused(TOO_MANY_TURNS).to_wire(), None, results)
            end = self.walk(opening.scope_of(number, seen))
            if end.errors and on_error == "fail":
                raise opening.failed_in(number, end.errors, [*results, None])
            last = self._outcome(opening, end, on_error)
            results.append(last)
        return results

    def _outcome(self, opening: _Opening, end: End, on_error: str) -> Any:
        """What a scope adds to `results`."""
        if not end.errors:
            return end.result
        if on_error != "collect":
            return None
        error = error_of(end.errors)
        if error["error_code"] is ANY:
            self._leave_open(f"{opening.node} collects an error whose code is not settled")
        return {"error": known(error)}

    # -- what is told -----------------------------------------------------------------------------

    def _record(self, scope: Scope, node: str, settled: Settled) -> None:
        self.records[node, scope.path] = Record(
            node_id=node,
            scope=scope.path,
            status=settled.status,
            output_key=settled.key,
            output=settled.output,
            error_code=(settled.error or {}).get("error_code"),
        )

    def _doubt(self, scope: Scope, node: str) -> None:
        record = self.records[node, scope.path]
        self.records[node, scope.path] = replace(record, certain=False)
        if self.drawing.is_loop(node):
            self._doubt_scopes(f"{scope.path}/{node}:".lstrip("/"))

    def _doubt_scopes(self, prefix: str) -> None:
        for key, record in self.records.items():
            if f"{record.scope}/".startswith(prefix):
                self.records[key] = replace(record, certain=False)

    def _leave_open(self, why: str) -> None:
        if why not in self.open_questions:
            self.open_questions.append(why)


def _arrived(sources: list[Source]) -> dict[str, Any]:
    if len(sources) == 1:
        return as_object(sources[0].output)
    return {source.node_id: source.output for source in sources}


def _indices(step: Step) -> Iterator[int]:
    if not step.goes_over_range:
        return count()
    bounds = [
        step.setting(name, default)
        for name, default in (("start_value", 0), ("end_value", 10), ("step", 1))
    ]
    if not all(type(bound) is int for bound in bounds) or bounds[2] == 0:
        raise Refused()
    too_long = len(range(*bounds)) > step.setting("max_iterations", 100)
    if too_long and not step.setting("stop_at_max", False):
        raise Refused(TOO_MANY_TURNS)
    return iter(range(*bounds))
