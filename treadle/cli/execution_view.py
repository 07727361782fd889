"""An execution drawn for a person: a tree of nodes on a terminal, one line an event elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from rich.text import Text
from rich.tree import Tree

from treadle.cli.plain_text import counted, plain
from treadle.cli.progress import NodeProgress, Progress, progress_words
from treadle.dag.events import EventType
from treadle.dag.states import ExecutionStatus, NodeStatus
from treadle.wire.events import Event

#: How a status looks: its mark and rich's style.
_LOOKS: Mapping[NodeStatus, tuple[str, str]] = {
    NodeStatus.PENDING: ("·", "dim"),
    NodeStatus.RUNNING: ("▶", "cyan"),
    NodeStatus.WAITING_INPUT: ("?", "yellow"),
    NodeStatus.RETRYING: ("↻", "yellow"),
    NodeStatus.COMPLETED: ("✓", "green"),
    NodeStatus.FAILED: ("✗", "red"),
    NodeStatus.SKIPPED: ("-", "dim"),
    NodeStatus.CANCELED: ("■", "magenta"),
}
_EXECUTION_STYLES: Mapping[ExecutionStatus, str] = {
    ExecutionStatus.SUCCESS: "bold green",
    ExecutionStatus.ERROR: "bold red",
    ExecutionStatus.CANCELED: "bold magenta",
    ExecutionStatus.TIMEOUT: "bold red",
}
#: Characters of an error that a node's line shows.
_ERROR_WIDTH = 100
#: Events of nodes in a loop's body that have a line each.
_SHOWN_IN_LOOPS = (
    EventType.NODE_FAILED,
    EventType.NODE_RETRYING,
    EventType.USER_INPUT_REQUIRED,
    EventType.USER_INPUT_REFUSED,
)
#: Statuses that stay in sight when a tree does not fit.
_IN_SIGHT = frozenset(
    {NodeStatus.RUNNING, NodeStatus.FAILED, NodeStatus.RETRYING, NodeStatus.WAITING_INPUT}
)


def tree_of(progress: Progress, *, now: int, lines: int | None = None) -> Tree:
    """Draw the nodes in the order they run, those of a loop's body under the loop.

    Args:
        now: epoch milliseconds, for what still runs.
        lines: nodes to draw at most; what is at work stays in sight, the rest is counted.
    """
    shown = _in_sight(progress, lines)
    root = Tree(headline(progress, now))
    branches: dict[str | None, Tree] = {None: root}
    hidden: Counter[NodeStatus] = Counter()
    for node_id, node in progress.nodes.items():
        if node_id not in shown:
            hidden[node.status] += 1
            continue
        loop = progress.graph.nodes[node_id].loop
        branch = branches.get(loop, root)
        branches[node_id] = branch.add(_line(node_id, node, now, folded=loop is not None))
    if hidden:
        root.add(Text.assemble((f"… {sum(hidden.values())} more: ", "dim"), _counts(hidden)))
    return root


def headline(progress: Progress, now: int) -> Text:
    """Return an execution's status, workflow, id and duration."""
    spent = duration((progress.ended or now) - progress.started)
    name = progress.graph.workflow.metadata.name
    return Text.assemble(
        status_text(progress.status), f"  {plain(name)}  ", (f"{progress.id}  {spent}", "dim")
    )


def event_line(event: Event, before: Progress) -> str | None:
    """Return an event as a line, or `None` for what would repeat itself.

    In a loop's body only failures, retries and questions are shown; a loop starts once, not for
    each phase.

    Args:
        before: how far the execution was before the event.
    """
    kind, data = event.event_type, event.data
    after = f"{(event.timestamp - before.started) / 1000:8.3f} s"
    if "node_id" not in data:
        more = f" {data['status']}" if "status" in data else ""
        return plain(f"{after}  {kind.removeprefix('execution_')}{more}")
    if data["scope"] and kind not in _SHOWN_IN_LOOPS:
        return None
    was_running = before.nodes[data["node_id"]].status is NodeStatus.RUNNING
    if kind == EventType.NODE_STARTED and was_running:
        return None
    place = f"{data['node_id']} [{data['scope']}]" if data["scope"] else data["node_id"]
    text = kind.removeprefix("node_")
    if "error" in data:
        text += f": {_shortened(data['error']['error_message'])}"
    elif kind == EventType.USER_INPUT_REQUIRED:
        text = f"asks: {data['title']}  (treadle answer {data['interaction_id']})"
    elif kind == EventType.USER_INPUT_REFUSED:
        text = f"refused an answer of {data['answered_by']}: {data['reason']}"
    elif kind == EventType.NODE_OUTPUT_UPDATE and (words := progress_words(data["data"])):
        text = _shortened(words)
    elif "output_key" in data and data["output_key"] != "result":
        text += f" → {data['output_key']}"
    return plain(f"{after}  {place}  {text}")


def duration(milliseconds: int | None) -> str:
    """Return a duration for a person, cut to the six columns that a table has room for."""
    if milliseconds is None:
        return ""
    if milliseconds < 1_000:
        return f"{milliseconds} ms"
    if milliseconds < 10_000:
        return f"{milliseconds // 10 / 100:.2f} s"
    if milliseconds < 60_000:
        return f"{milliseconds // 100 / 10:.1f} s"
    minutes, seconds = divmod(milliseconds // 1_000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02}h" if days < 100 else f"{days}d"
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s"


def status_text(status: ExecutionStatus) -> Text:
    """Return an execution's status in its colour."""
    return Text(status, style=_EXECUTION_STYLES.get(status, "bold cyan"))


def _line(node_id: str, node: NodeProgress, now: int, *, folded: bool) -> Text:
    mark, style = _LOOKS[node.status]
    line = Text.assemble((f"{mark} ", style), plain(node_id))
    if folded and node.statuses:
        counts = node.counts
        several = len(counts) > 1
        line.append("  ").append_text(_counts(counts) if several else _times(counts))
    if (milliseconds := node.milliseconds(now)) is not None:
        line.append(f"  {duration(milliseconds)}", "dim")
    if not folded and node.output_key not in (None, "result"):
        line.append(f"  → {plain(node.output_key)}", "dim")
    if node.said:
        line.append(f"  {_shortened(node.said)}", "cyan")
    if node.retries:
        line.append(f"  {counted(node.retries, 'retry', 'retries')}", "yellow")
    if node.error and node.status in _IN_SIGHT:
        line.append(f"  {_shortened(node.error)}", "red")
    return line


def _counts(counts: Counter[NodeStatus]) -> Text:
    parts = [
        Text(f"{mark} {counts[status]}", style)
        for status, (mark, style) in _LOOKS.items()
        if counts[status]
    ]
    return Text(" ").join(parts)


def _times(counts: Counter[NodeStatus]) -> Text:
    return Text(f"× {sum(counts.values())}", "dim")


def _in_sight(progress: Progress, lines: int | None) -> frozenset[str]:
    if lines is None or len(progress.nodes) <= lines:
        return frozenset(progress.nodes)
    at_work = [each for each, node in progress.nodes.items() if node.status in _IN_SIGHT]
    ended = [each for each, node in progress.nodes.items() if node.ended is not None]
    ended.sort(key=lambda each: progress.nodes[each].ended or 0, reverse=True)
    return frozenset(_first(at_work + ended, max(lines, 1)))


def _first(ids: Iterable[str], count: int) -> list[str]:
    return list(dict.fromkeys(ids))[:count]


def _shortened(text: str) -> str:
    line = plain(" ".join(text.split()))
    return line if len(line) <= _ERROR_WIDTH else line[: _ERROR_WIDTH - 1] + "…"
