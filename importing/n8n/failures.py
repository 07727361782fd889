"""Retries of n8n's nodes, and what happens there to an item that failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from treadle.importing.building import Building
from treadle.importing.n8n.document import Node
from treadle.importing.n8n.scope import Items, Scope
from treadle.importing.n8n.step import Output, Outputs
from treadle.importing.report import Reason
from treadle.importing.texts import literal


def retries(node: Node, scope: Scope) -> dict[str, Any]:
    """Return the fields that repeat an attempt as n8n does: never, unless it says so."""
    if node.raw.get("retryOnFail") is not True:
        return {"max_retries": 0}
    tries, pause = node.raw.get("maxTries", 3), node.raw.get("waitBetweenTries", 1000)
    tries = tries if isinstance(tries, int) else 3
    pause = pause if isinstance(pause, int) else 1000
    scope.report.add(
        node.path,
        Reason.RETRIES_DIFFER,
        f"n8n tries {node.name!r} {tries} times whatever the error; here an error that a repetition"
        " cannot help is not tried again, and 429 and 503 wait as long as they ask for.",
    )
    pause = min(max(pause, 0), 86_400_000)
    return {"max_retries": min(max(tries - 1, 0), 10), "retry_min_ms": pause, "retry_max_ms": pause}


def goes_on(node: Node) -> str:
    """Return where n8n sends an item that failed: `stop`, `regular` or `error`."""
    how = node.raw.get("onError")
    if how == "continueErrorOutput":
        return "error"
    return "regular" if how or node.raw.get("continueOnFail") is True else "stop"


def with_errors(node: Node, outputs: Outputs, scope: Scope, building: Building) -> Outputs:
    """Return the outputs of a node with the way that a failed item takes."""
    how = goes_on(node)
    if how == "stop" or not outputs or outputs[0].keys == ("error",):
        return outputs
    first = outputs[0]
    if how == "error":
        scope.report.add(
            node.path,
            Reason.ERROR_PATH,
            f"A failure leaves by the key `error`; what follows gets the item, with the message as"
            f" `error`. `nodes.{first.node}` is `{{error, input}}` then.",
        )
        failed = Output(first.node, ("error",), convert=_item_with_error)
        return {**outputs, max(outputs) + 1: failed}
    scope.report.add(
        node.path,
        Reason.ERROR_PATH,
        f"{node.name!r} goes on after a failure with `{{error}}`: it leaves by the key `error`,"
        " which leads to the same nodes.",
    )
    return {**outputs, 0: replace(first, keys=(*first.keys, "error"), convert=_either(first))}


def _item_with_error(root: str) -> str:
    return f"({root}.input | merge({{'error': {root}.error.error_message}}))"


def _either(output: Output) -> Any:
    """Return how an item is read that may be an error."""
    convert = output.convert

    def read(root: str) -> str:
        failed = f"{{'error': {root}.error.error_message}}"
        failed = f"[{failed}]" if output.items is Items.MANY else failed
        return f"({convert(root)} if {root}.error is not defined else {failed})"

    return read


def collected(node: Node, outputs: Outputs, loop: str) -> tuple[Outputs, dict[str, Any]]:
    """Return what a node puts out that runs in a loop of its own, and the loop's `on_error`."""
    how, first = goes_on(node), outputs[0]
    one = first.convert("item")

    def listing(root: str) -> str:
        text = f"{root}.results"
        if how == "stop":
            return text if one == "item" else f"({text} | each({literal(one)}))"
        kept = "(item.error | default(none)) is none"
        if how == "error":
            return f"({text} | where({literal(kept)}) | each({literal(one)}))"
        either = f"{one} if {kept} else {{'error': item.error.error_message}}"
        return f"({text} | each({literal(either)}))"

    def failed(root: str) -> str:
        kept = literal("(item.error | default(none)) is not none")
        message = literal("{'error': item.error.error_message}")
        return f"({root}.results | where({kept}) | each({message}))"

    made: dict[int, Output] = {0: Output(loop, ("done",), Items.MANY, listing)}
    if how == "error":
        made[max(outputs) + 1] = Output(loop, ("done",), Items.MANY, failed)
    return made, {} if how == "stop" else {"on_error": "collect"}
