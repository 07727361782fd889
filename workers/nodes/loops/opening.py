"""FOR_EACH and LOOP: what they go over, and whether one more turn is due.

The ledger opens the scopes and the executor gathers their results; here is only what needs the
loop's expressions and limits.
"""

from __future__ import annotations

from treadle.dag.outcomes import Completed, LoopOpened
from treadle.dag.specs.loops import FOR_EACH, LOOP, ForEach, Loop, LoopType
from treadle.dag.specs.spec import DONE_KEY
from treadle.dag.values import Value
from treadle.workers.nodes.attempt import Attempt
from treadle.workers.nodes.errors import MaxIterationsReached
from treadle.workers.nodes.implementation import implements
from treadle.workers.nodes.loops.iteration import entries
from treadle.workers.nodes.results import Results


@implements(FOR_EACH)
def open_for_each(attempt: Attempt) -> LoopOpened | Completed:
    """Evaluate what the loop goes over."""
    config = attempt.config
    assert isinstance(config, ForEach)
    items = entries(attempt, "over")
    if not items:
        return _nothing()
    if isinstance(items, Results):
        return LoopOpened(results=items.stored, parallel=config.max_parallel)
    return LoopOpened(items=tuple(items), parallel=config.max_parallel)


@implements(LOOP)
def open_loop(attempt: Attempt) -> LoopOpened | Completed:
    """Lay out the range, or check the condition of the first turn.

    Raises:
        MaxIterationsReached: the range is longer than the limit; no turn of it has run.
    """
    config = attempt.config
    assert isinstance(config, Loop)
    if config.loop_type is LoopType.WHILE:
        return LoopOpened() if turn_is_due(attempt, 0, attempt.input) else _nothing()
    indices = range(config.start_value, config.end_value, config.step)
    if len(indices) > config.max_iterations:
        _check_limit(config, len(indices))
        indices = indices[: config.max_iterations]
    return LoopOpened(indices=indices) if indices else _nothing()


def turn_is_due(attempt: Attempt, index: int, last: Value) -> bool:
    """Say whether a `while` loop takes the turn of that index.

    Args:
        last: The previous turn's result; the loop's input before the first.

    Raises:
        MaxIterationsReached: the condition holds and the limit forbids the turn.
    """
    config = attempt.config
    assert isinstance(config, Loop)
    if not attempt.evaluate("loop_condition", index=index, last=last):
        return False
    if index < config.max_iterations:
        return True
    _check_limit(config, index + 1)
    return False


def _check_limit(config: Loop, turns: int) -> None:
    if not config.stop_at_max:
        raise MaxIterationsReached(
            f"The loop needs {turns} turns or more; its limit is {config.max_iterations}.",
            max_iterations=config.max_iterations,
        )


def _nothing() -> Completed:
    return Completed({"results": [], "count": 0}, DONE_KEY)
