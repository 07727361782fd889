"""Source text to tokens, each with its column, and the limits that protect the parser.

Jinja's lexer splits the text; the tokens' values are made here, because ours have their column
(Jinja's only have the line) and do not depend on settings of the interpreter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

import jinja2
from jinja2.lexer import (
    TOKEN_FLOAT,
    TOKEN_INTEGER,
    TOKEN_NAME,
    TOKEN_OPERATOR,
    TOKEN_STRING,
    TOKEN_VARIABLE_END,
    TOKEN_WHITESPACE,
    Token,
    operators,
)

from treadle.dag.expressions.errors import ExpressionInvalid

#: Characters of one expression; what fits a screen many times over, and bounds every later pass.
SOURCE_CHARACTERS = 4_096

#: Levels of nesting of one expression, counted before Jinja's recursive parser sees it and again
#: on the tree.
LEVELS = 64

# Jinja renders nothing here, so its escaping of HTML does not matter.
ENVIRONMENT = jinja2.Environment(autoescape=False, keep_trailing_newline=True)  # noqa: S701
_LEXER = ENVIRONMENT.lexer

_ESCAPE = re.compile(
    r"\\(?:([\\'\"abfnrtv])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(\n))"
)
_SIMPLE = dict(zip("\\'\"abfnrtv", "\\'\"\a\b\f\n\r\t\v", strict=True))

_HINTS = {
    "&": "Write `and` for a logical and.",
    "!": "Write `not` for a logical not, and `!=` for inequality.",
    "?": "Write `a if condition else b` for a choice.",
    "$": "Write `input.…`, `trigger.…` or `nodes.<id>.…`; names have no `$`.",
    "`": "Write text in single or double quotes.",
    "=": "Write `==` for equality; nothing can be assigned.",
}


@dataclass(frozen=True, slots=True)
class Lexed:
    """The tokens of one expression."""

    tokens: list[Token]
    """Jinja's tokens; their `lineno` is the offset into the expression."""
    end: int | None
    """Offset after the closing `}}`; `None` where the text ended first."""


def lex(source: str) -> Lexed:
    """Cut an expression into tokens, up to its end or an unbracketed `}}`.

    Raises:
        ExpressionInvalid: a character that no token starts with, a bracket that does not match,
            a literal that is no JSON, or more nesting than `LEVELS`.
    """
    tokens: list[Token] = []
    offset = 0
    # The lexer would shorten "\r\n"; a blank of the same length keeps every offset true.
    pieces = _LEXER.tokeniter(source.replace("\r", " "), None, None, "variable")
    try:
        for _, kind, piece in pieces:
            if kind == TOKEN_VARIABLE_END:
                if piece != "}}":
                    refuse("`-}}` is not supported", source, offset, "Write `}}`.")
                check_nesting(tokens, source)
                return Lexed(tokens, offset + 2)
            if kind != TOKEN_WHITESPACE:
                text = source[offset : offset + len(piece)]
                tokens.append(_token(kind, text, offset, source))
            offset += len(piece)
    except jinja2.TemplateSyntaxError as exc:
        _refuse_character(source, offset, exc)
    check_nesting(tokens, source)
    return Lexed(tokens, None)


def refuse(problem: str, source: str, offset: int, solution: str | None = None) -> NoReturn:
    """Raise `ExpressionInvalid` at an offset of the source."""
    raise ExpressionInvalid(problem, expression=source, position=offset + 1, solution=solution)


def _token(kind: str, text: str, offset: int, source: str) -> Token:
    """Make Jinja's token of a piece of source, with the offset where it keeps a line number."""
    if kind == TOKEN_OPERATOR:
        return Token(offset, operators[text], text)
    if kind == TOKEN_NAME:
        if not text.isidentifier():
            refuse(f"`{text}` is not a name", source, offset)
        return Token(offset, kind, text)
    if kind == TOKEN_STRING:
        return Token(offset, kind, _unescape(text[1:-1], offset, source))
    assert kind in (TOKEN_INTEGER, TOKEN_FLOAT), kind
    if not text.isascii():
        refuse("Numbers are written with the digits 0 to 9", source, offset)
    plain = text.replace("_", "")
    # Jinja's parser takes the value of a number token as it is, despite its annotation.
    return Token(offset, kind, int(plain, 0) if kind == TOKEN_INTEGER else float(plain))  # type: ignore[arg-type]


def _unescape(body: str, offset: int, source: str) -> str:
    """Replace the escapes of a string literal; an unknown one stays as written, as in `'\\d+'`."""
    if "\\" not in body and body.isascii():
        return body
    try:
        text = _ESCAPE.sub(_unescaped, body)
        # Surrogate pairs, as JSON writes them, become one character.
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except (UnicodeDecodeError, ValueError):
        refuse("The text holds an escape that is not a character", source, offset)


def _unescaped(match: re.Match[str]) -> str:
    simple, *codes, newline = match.groups()
    if simple:
        return _SIMPLE[simple]
    if newline:
        return ""
    return chr(int(next(code for code in codes if code), 16))


def _refuse_character(source: str, offset: int, exc: jinja2.TemplateSyntaxError) -> NoReturn:
    """Refuse a character that cannot start a token."""
    character = source[offset : offset + 1]
    if character in "'\"" and character:
        refuse("The text is not closed", source, offset, f"Add the closing {character}.")
    problem = exc.message or "unexpected character"
    if problem.startswith("unexpected char"):
        problem = f"`{character}` has no meaning here"
    refuse(problem[:1].upper() + problem[1:], source, offset, _HINTS.get(character))


_OPENING = frozenset({"lparen", "lbracket", "lbrace"})
_CLOSING = frozenset({"rparen", "rbracket", "rbrace"})
_OPERANDS = frozenset({TOKEN_STRING, TOKEN_INTEGER, TOKEN_FLOAT})
_WORDS = frozenset({"and", "or", "not", "in", "is", "if", "else"})


def check_nesting(tokens: list[Token], source: str) -> None:
    """Refuse what would make the recursive parser go deeper than `LEVELS`.

    It recurses for an open bracket, for each of a run of prefix operators (`not`, `-`, `+`) and
    for each `else` of a chain; everything else it reads in loops.
    """
    open_levels = [0]
    prefixes, total, after_operand = 0, 0, False
    for token in tokens:
        kind = token.type
        if kind in _OPENING:
            total += 1 + prefixes
            open_levels.append(1 + prefixes)
            prefixes, after_operand = 0, False
        elif kind in _CLOSING:
            total -= open_levels.pop() if len(open_levels) > 1 else 0
            prefixes, after_operand = 0, True
        elif kind == TOKEN_NAME and token.value == "else":
            total += 1
            open_levels[-1] += 1
            prefixes, after_operand = 0, False
        elif _is_prefix(token, after_operand):
            prefixes += 1
        else:
            prefixes = 0
            after_operand = kind in _OPERANDS or (kind == TOKEN_NAME and token.value not in _WORDS)
        if total + prefixes > LEVELS:
            refuse(
                f"The expression is nested more than {LEVELS} levels deep",
                source,
                token.lineno,
                "Compute the inner part in a node of its own.",
            )


def _is_prefix(token: Token, after_operand: bool) -> bool:
    if token.type in ("sub", "add"):
        return not after_operand
    return token.type == TOKEN_NAME and token.value == "not"
