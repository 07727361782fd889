"""The tokens of a foreign expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from treadle.importing.javascript.tree import Untranslatable

#: Characters of an expression that are read; a longer one is code.
LONGEST = 8_000

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?(?![\w$.]))
  | (?P<name>[A-Za-z_$][\w$]*)
  | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<template>`)
  | (?P<sign>=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\.\.\.|\*\*|[-+*/%<>!?:.,()\[\]{}])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}
_ESCAPE = re.compile(r"\\(u\{[0-9A-Fa-f]+\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A token: its kind (`number`, `name`, `text`, `template`, `sign`, `end`) and its value."""

    kind: str
    value: str
    parts: tuple[str, ...] = ()
    """Of a template: text, source, text, … in turn."""


def tokens(source: str) -> list[Token]:
    """Return the tokens of an expression, and an `end`.

    Raises:
        Untranslatable: it has something that is not read here.
    """
    if len(source) > LONGEST:
        raise Untranslatable("it is too long")
    return [*_tokens(source), Token("end", "")]


def _tokens(source: str) -> Iterator[Token]:
    at = 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            raise Untranslatable(f"`{source[at : at + 12]}` is not read here")
        kind, at = str(found.lastgroup), found.end()
        if kind == "text":
            yield Token("text", _unescaped(found[0][1:-1]))
        elif kind == "template":
            parts, at = _template(source, at)
            yield Token("template", "", parts)
        elif kind != "space":
            yield Token(kind, found[0])


def _template(source: str, at: int) -> tuple[tuple[str, ...], int]:
    """Read a template literal from after its first backtick; return its parts and its end."""
    parts: list[str] = []
    text = ""
    while at < len(source):
        if source[at] == "`":
            return (*parts, _unescaped(text)), at + 1
        if source.startswith("${", at):
            end = _closing(source, at + 2)
            parts += [_unescaped(text), source[at + 2 : end]]
            text, at = "", end + 1
        else:
            step = 2 if source[at] == "\\" else 1
            text += source[at : at + step]
            at += step
    raise Untranslatable("a template has no end")


def _closing(source: str, at: int) -> int:
    """Return where the brace is closed that was opened just before `at`."""
    depth = 0
    for index in range(at, len(source)):
        each = source[index]
        if each == "`":
            break
        if each == "}" and depth == 0:
            return index
        depth += (each == "{") - (each == "}")
    raise Untranslatable("a template stands in a template")


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        escape = found[1]
        if escape[0] in "ux" and len(escape) > 1:
            return chr(int(escape[1:].strip("{}"), 16))
        return _ESCAPES.get(escape, escape)

    return _ESCAPE.sub(one, text)
