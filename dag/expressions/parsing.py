"""Tokens to Jinja's tree: its parser, with limits on length and nesting.

Only the parser runs. Jinja's optimizer, its `meta` module and its compiler fold constants without
bound, so no tree of ours ever reaches them.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import NoReturn

import jinja2
from jinja2 import nodes
from jinja2.lexer import Token, TokenStream, describe_token
from jinja2.parser import Parser

from treadle.dag.expressions.lexing import ENVIRONMENT, SOURCE_CHARACTERS, lex, refuse

#: Brackets up to which the parser runs on the caller's stack. A level takes it up to fifteen
#: Python frames; more levels get a stack of their own, where `LEVELS` of them fit at any
#: depth of the caller.
LEVELS_ON_THIS_STACK = 12

#: Longest source with a cached tree, in characters: a thousand such trees are a few megabytes.
REMEMBERED_CHARACTERS = 160


def parse(source: str) -> nodes.Expr:
    """Parse a whole text as one expression; the tree is shared and may not be changed.

    Raises:
        ExpressionInvalid: it is not an expression, too long, or nested too deeply.
    """
    if len(source) <= REMEMBERED_CHARACTERS:
        return _remembered(source)
    if len(source) > SOURCE_CHARACTERS:
        refuse(
            f"The expression is longer than {SOURCE_CHARACTERS:,} characters",
            source,
            SOURCE_CHARACTERS,
            "Split it over several nodes or fields.",
        )
    return _parse(source)


def _parse(source: str) -> nodes.Expr:
    lexed = lex(source)
    if lexed.end is not None:
        refuse("`}}` closes nothing", source, lexed.end - 2, _BARE)
    tokens = lexed.tokens
    if not tokens:
        refuse("The expression is empty", source, 0)
    opening = [token.type for token in tokens[:2]]
    if opening == ["lbrace", "lbrace"]:
        refuse("`{{` opens nothing here", source, 0, _BARE)
    if opening == ["lbrace", "mod"]:
        refuse("There are no statements", source, 0, "Write an expression; branch with `a if b`.")
    brackets = sum(token.type in ("lparen", "lbracket", "lbrace") for token in tokens)
    if brackets <= LEVELS_ON_THIS_STACK:
        return _parse_here(tokens, source)
    return _parse_on_a_fresh_stack(tokens, source)


# A large workflow repeats the same short expressions.
_remembered = lru_cache(maxsize=1024)(_parse)


def _parse_on_a_fresh_stack(tokens: list[Token], source: str) -> nodes.Expr:
    """Parse in a new thread, with an empty stack."""
    outcome: list[nodes.Expr | Exception] = []

    def run() -> None:
        try:
            outcome.append(_parse_here(tokens, source))
        except Exception as exc:  # noqa: BLE001 (carried to the caller's thread, raised there)
            outcome.append(exc)

    thread = threading.Thread(target=run, name="expression-parser", daemon=True)
    thread.start()
    thread.join()
    result = outcome[0]
    if isinstance(result, Exception):
        raise result
    return result


def _parse_here(tokens: list[Token], source: str) -> nodes.Expr:
    parser = Parser(ENVIRONMENT, "")
    parser.stream = TokenStream(iter(tokens), None, None)
    try:
        tree = parser.parse_expression()
    except jinja2.TemplateSyntaxError as exc:
        _refuse_syntax(exc, parser.stream.current, source)
    if parser.stream.current.type != "eof":
        _refuse_token(parser.stream.current, source)
    return tree


def _refuse_syntax(exc: jinja2.TemplateSyntaxError, current: Token, source: str) -> NoReturn:
    """Translate an error of Jinja's parser to our messages."""
    if current.type == "eof":
        refuse("The expression ends too early", source, len(source))
    message = exc.message or "invalid syntax"
    if message.startswith(("unexpected", "expected token")):
        _refuse_token(current, source)
    refuse(message[:1].upper() + message[1:], source, current.lineno)


def _refuse_token(token: Token, source: str) -> NoReturn:
    refuse(
        f"`{describe_token(token)}` is not allowed here",
        source,
        token.lineno,
        _SOLUTIONS.get(token.type),
    )


_BARE = "An expression field is an expression by itself: write it without {{ and }}."

_SOLUTIONS = {
    "assign": "Write `==` for equality; nothing can be assigned.",
    "pipe": "Write `or` for a logical or; `|` applies a filter, as in `x | length`.",
    "name": "Join two values with an operator, such as `~` for text or `+` for numbers.",
}
