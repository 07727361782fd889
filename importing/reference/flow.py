"""The reference system's IF, LOOP, FOR_EACH, DELAY and WAIT."""

from __future__ import annotations

from typing import Any

from treadle.importing.reference.data import path_of
from treadle.importing.reference.people import ask
from treadle.importing.reference.step import Exit, Exits, Step
from treadle.importing.reference.tasks import policy, task
from treadle.importing.report import Reason

_LONGEST_DELAY = 86_400


def branch(step: Step) -> Exits:
    """FLOW.IF: takes one branch, where both ran there."""
    text = step.texts.expression(
        step.config.get("condition_expression", ""), "configurations", "condition_expression"
    )
    step.maps("FLOW.IF")
    node = step.add("FLOW.IF", {"condition_expression": text, **policy(step)})
    return {
        "true": Exit(node, ("true",)),
        "false": Exit(node, ("false",)),
        "result": Exit(node, ("true", "false")),
    }


def loop(step: Step) -> Exits:
    """FLOW.LOOP and FOR_EACH: a body and what follows."""
    config = step.config
    kind = str(config.get("loop_type", "for_each" if step.key.endswith("EACH") else "for_range"))
    made: dict[str, Any] = dict(policy(step))
    if config.get("break_on_error") is False:
        made["on_error"] = "continue"
    if config.get("collect_results") is False:
        made["collect_results"] = False
    if kind == "for_each":
        given = step.params.get("loop_data") or config.get("array_path") or "data"
        text = str(given)
        made["over"] = (
            step.texts.expression(given)
            if "{{" in text or not isinstance(given, str)
            else path_of(text)
        )
        return _exits(step, "FLOW.FOR_EACH", made)
    made["loop_type"] = "while" if kind == "while" else "for_range"
    most = config.get("max_iterations", 100)
    made["max_iterations"] = min(max(most, 1), 10_000) if isinstance(most, int) else 100
    if kind == "while":
        made["loop_condition"] = step.texts.expression(
            config.get("loop_condition", "false"), "configurations", "loop_condition"
        )
        step.note(
            Reason.LOOP_DIFFERS,
            "The condition sees `index` and `last`, the result of the turn"
            " before; look whether it means that.",
            "configurations",
            "loop_condition",
        )
        made["loop_condition"] = made["loop_condition"].replace("input.last", "last")
    else:
        for name in ("start_value", "end_value"):
            value = config.get(name)
            if isinstance(value, int):
                made[name] = value
    return _exits(step, "FLOW.LOOP", made)


def _exits(step: Step, key: str, made: dict[str, Any]) -> Exits:
    step.maps(key)
    step.note(
        Reason.LOOP_DIFFERS,
        "The body gets {item, index}, or {index, last}, and `done` puts out {results, count}; names"
        " such as `iteration_variable` have no effect.",
    )
    node = step.add(key, made)
    done = Exit(node, ("done",), lambda root: f"{{'iteration_results': {root}.results}}")
    return {"iteration": Exit(node, ("body",)), "completed": done, "result": done}


def delay(step: Step) -> Exits:
    """FLOW.DELAY: waits in the ledger, and wakes."""
    seconds = step.config.get("duration_seconds", 5.0)
    if isinstance(seconds, int | float) and not isinstance(seconds, bool):
        kept = min(max(float(seconds), 0.1), float(_LONGEST_DELAY))
        if kept != seconds:
            step.note(
                Reason.SETTING_CHANGED,
                "A delay is 0.1 s to a day.",
                "configurations",
                "duration_seconds",
            )
    else:
        kept = step.template("duration_seconds")
    step.maps("FLOW.DELAY")
    node = Exit(step.add("FLOW.DELAY", {"duration_seconds": kept, **policy(step)}))
    return {"result": node, "main": node}


def wait(step: Step) -> Exits:
    """FLOW.WAIT: for an approval a question, for anything else a task."""
    kind = step.config.get("wait_type")
    if kind in ("approval", "signal", "webhook"):
        exits = ask(step)
        return {**exits, "completed": exits["result"], "cancelled": exits["rejected"]}
    exits = task(step)
    return {**exits, "completed": exits["result"]}
