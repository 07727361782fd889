"""Texts of a workflow: literals, templates, ids and names; and secrets that were taken out of them.

A secret that stood in a file is a mark in every text from the moment it is found, so that no later
step can show it. Written into an expression or a template a mark becomes `secrets.NAME`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import Any

_MARK = re.compile("\ue000([A-Z_][A-Z0-9_]*)\ue001")
#: What begins a template, an expression or a comment, or ends it.
_BRACES = re.compile(r"\{(?=[{%#])|(?<=\{)\{|\}(?=\})|(?<=[}%#])\}")
#: Longest source of a foreign expression that is kept.
_KEPT = 2_000


def mark(name: str) -> str:
    """Return what stands for a secret until the workflow is written."""
    return f"\ue000{name}\ue001"


def marked(text: str) -> bool:
    """Whether a secret was taken out of a text."""
    return _MARK.search(text) is not None


def with_secrets(value: Any, write: Callable[[str], str]) -> Any:
    """Return a value in which each mark is what `write` makes of the secret's name."""
    if isinstance(value, str):
        return _MARK.sub(lambda found: write(found[1]), value)
    if isinstance(value, list):
        return [with_secrets(each, write) for each in value]
    if isinstance(value, dict):
        return {str(with_secrets(k, write)): with_secrets(v, write) for k, v in value.items()}
    return value


def literal(text: str) -> str:
    """Write a text as it stands in an expression; a secret in it is joined to the rest."""
    parts = _MARK.split(text)
    written = [
        f"secrets.{part}" if index % 2 else _quoted(part)
        for index, part in enumerate(parts)
        if index % 2 or part or len(parts) == 1
    ]
    return written[0] if len(written) == 1 else f"({' ~ '.join(written)})"


def _quoted(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("'", "\\'")
    text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return "'" + _BRACES.sub(lambda found: f"\\x{ord(found[0]):02x}", text) + "'"


def plain(text: str) -> str:
    """Write a text as a template that renders to it."""
    return re.sub(r"\{[{%#]", lambda found: f"{{{{ {_quoted(found[0])} }}}}", text)


def value_of(value: Any) -> str:
    """Write any JSON value as an expression."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, list):
        return f"[{', '.join(value_of(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{literal(str(k))}: {value_of(v)}' for k, v in value.items())}}}"
    return (
        {None: "none", True: "true", False: "false"}[value]
        if value is None or isinstance(value, bool)
        else repr(value)
    )


def not_translated(source: str) -> str:
    """Write a foreign source as an expression that validation refuses, with its text in it."""
    return f"not_translated({_quoted(with_secrets(source[:_KEPT], lambda _: '***'))})"


_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NAME = re.compile(r"[A-Za-z_]\w*\Z", re.ASCII)


def key_path(root: str, *keys: str) -> str:
    """Write how keys are read, one after the other."""
    for key in keys:
        root += f".{key}" if _NAME.match(key) else f"[{literal(key)}]"
    return root


def slug(text: str, otherwise: str = "node", *, most: int = 48) -> str:
    """Return a text as a lower-case name of letters, digits and `_`; empty text as `otherwise`."""
    words = re.findall(r"[A-Za-z0-9]+", _WORD_ENDS.sub(" ", text))
    name = "_".join(words).lower()[:most].strip("_")
    if not name:
        return otherwise
    return name if name[0].isalpha() else f"_{name}"


def unlike(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken yet: itself, or with a number."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def shown_name(text: str) -> str:
    """Return a text as the name of a node, which has no white space."""
    joined = "_".join(re.sub("[\u180e\u200b\u2060\ufeff]", " ", text).split())
    return joined[:200] or "node"
