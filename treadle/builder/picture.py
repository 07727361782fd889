"""A picture of a workflow: as Mermaid's text, and as SVG that needs no other program.

The layout is ours, because libraries that draw graphs well call Graphviz, and those in Python alone
are no longer kept: nodes stand in rows by the longest way from a trigger, near those before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from treadle.dag.graph import CompiledGraph

#: Widths and heights of the SVG, in pixels.
_CHARACTER, _BOX, _GAP, _ROW, _MARGIN = 8, 44, 28, 96, 16
_STYLE = "font-family:system-ui,sans-serif;font-size:13px"
_BRANCHING = frozenset({"FLOW.IF", "FLOW.SWITCH"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; a notebook shows it as SVG, `print` as Mermaid."""

    graph: CompiledGraph

    @property
    def mermaid(self) -> str:
        """The picture as a flowchart of Mermaid; the body of a loop is a box in it."""
        numbers = {node_id: f"n{number}" for number, node_id in enumerate(self.graph.nodes)}
        lines = ["flowchart TD", *self._boxes(None, numbers, "    ")]
        for source, key, target in self._edges():
            label = "" if key == "result" else f"|{key}|" if key.isalnum() else f'|"{_said(key)}"|'
            lines.append(f"    {numbers[source]} -->{label} {numbers[target]}")
        return "\n".join(lines) + "\n"

    @property
    def svg(self) -> str:
        """The picture as SVG."""
        places, width, height = self._places()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img" style="{_STYLE}">',
            f"<title>{escape(self.graph.workflow.metadata.name)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" '
            'markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>',
        ]
        parts += [_arrow(places[a], places[b], key) for a, key, b in self._edges()]
        parts += [self._box(node_id, place) for node_id, place in places.items()]
        return "\n".join([*parts, "</svg>"]) + "\n"

    def __str__(self) -> str:
        return self.mermaid

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_mimebundle_(self, **_: Any) -> Mapping[str, str]:
        return {"image/svg+xml": self.svg, "text/plain": self.mermaid}

    def _edges(self) -> list[tuple[str, str, str]]:
        return [
            (each.from_node, each.output_key, each.to_node)
            for each in self.graph.workflow.connections
        ]

    def _boxes(self, loop: str | None, numbers: Mapping[str, str], indent: str) -> list[str]:
        """Return the lines of the nodes directly in a body, and of the bodies inside it."""
        lines = []
        for node_id, node in self.graph.nodes.items():
            if node.loop != loop:
                continue
            opening, closing = ("{", "}") if node.spec.key in _BRANCHING else ("[", "]")
            label = f"{_said(node_id)}<br/><small>{node.spec.key}</small>"
            lines.append(f'{indent}{numbers[node_id]}{opening}"{label}"{closing}')
            if node.is_loop:
                lines.append(f'{indent}subgraph body_{numbers[node_id]}["{_said(node_id)}: body"]')
                lines += self._boxes(node_id, numbers, f"{indent}    ")
                lines.append(f"{indent}end")
        return lines

    def _places(self) -> tuple[dict[str, tuple[int, int, int]], int, int]:
        """Return the middle, the top and the width of each box, and the picture's size."""
        before = defaultdict(list)
        for source, _, target in self._edges():
            before[target].append(source)
        row: dict[str, int] = {}
        rows: dict[int, list[str]] = defaultdict(list)
        for node_id in self.graph.order:
            row[node_id] = max((row[each] + 1 for each in before[node_id]), default=0)
            rows[row[node_id]].append(node_id)
        widths = {each: _CHARACTER * max(len(each), len(self._kind(each))) + 24 for each in row}
        lengths = {
            number: sum(widths[each] + _GAP for each in each_row) - _GAP
            for number, each_row in rows.items()
        }
        width = max(lengths.values())
        places: dict[str, tuple[int, int, int]] = {}
        for number, each_row in sorted(rows.items()):
            each_row.sort(key=lambda node_id: _mean([places[each][0] for each in before[node_id]]))
            left = _MARGIN + (width - lengths[number]) // 2
            for node_id in each_row:
                middle = left + widths[node_id] // 2
                places[node_id] = (middle, _MARGIN + number * _ROW, widths[node_id])
                left += widths[node_id] + _GAP
        return places, width + 2 * _MARGIN, _ROW * (len(rows) - 1) + _BOX + 2 * _MARGIN

    def _kind(self, node_id: str) -> str:
        return self.graph.nodes[node_id].spec.subtype.lower().replace("_", " ")

    def _box(self, node_id: str, place: tuple[int, int, int]) -> str:
        middle, top, width = place
        node = self.graph.nodes[node_id]
        line = ' stroke-dasharray="4 3"' if node.loop else ""
        return (
            f'<g><rect x="{middle - width // 2}" y="{top}" width="{width}" height="{_BOX}" rx="8" '
            f'fill="#f6f7fb" stroke="#667"{line}/>'
            f'<text x="{middle}" y="{top + 19}" text-anchor="middle" fill="#223">'
            f"{escape(node_id)}</text>"
            f'<text x="{middle}" y="{top + 35}" text-anchor="middle" fill="#667" font-size="11">'
            f"{escape(self._kind(node_id))}</text></g>"
        )


def _mean(numbers: list[int]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.0


def _arrow(source: tuple[int, int, int], target: tuple[int, int, int], key: str) -> str:
    x, y, to_x, to_y = source[0], source[1] + _BOX, target[0], target[1]
    bend = (y + to_y) // 2
    line = (
        f'<path d="M{x} {y}C{x} {bend} {to_x} {bend} {to_x} {to_y}" fill="none" stroke="#667" '
        'marker-end="url(#tip)"/>'
    )
    if key == "result":
        return line
    return (
        f'{line}<text x="{(x + to_x) // 2 + 6}" y="{bend}" fill="#446" font-size="11">'
        f"{escape(key)}</text>"
    )


def _said(text: str) -> str:
    """Return a text as Mermaid takes it between quotes."""
    return escape(text).replace("&quot;", "#quot;").replace("&#x27;", "'")
