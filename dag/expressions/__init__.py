"""Expressions: Jinja's syntax, our own evaluator, and bounded cost for every expression.

    source ── lexing, parsing ──▶ Jinja's tree ── check ──▶ our tree ── compile ──▶ closures
              (length, nesting)                  (lists)               (once per version)

A workflow's author writes expressions; the data they process comes from others. So two things are
separate. *What is allowed* is decided at validation, by lists: node classes (`check`), names, node
ids and secrets (`checker`, `syntax`), filters, tests, methods and functions (`calls`, `forms` and
their registries). *What it may cost* is decided at evaluation, by a `Budget` that is charged before
anything is made.

Who decides what: `lexing` and `parsing` protect Jinja's recursive parser, the only part of Jinja
that ever runs. `tree` is everything an expression can consist of. `operators`, `measures` and
`texts` define what values mean and pay for what they do; filters, tests and methods are plain
functions over them (`operations`); their Python signature is their signature in the language.
`compile` chooses between a strict and a lenient evaluation of each node, so only `default` and
`is defined` see missing values. `template` finds expressions in the
strings of a stored definition, and nowhere else. `reference` writes the tables of
docs/expressions.md.

Errors: `ExpressionInvalid` before it runs, `ExpressionFailed` while it runs; nothing else is
raised, for any source and any JSON. Internally, a `Fault` says what is wrong and the closure around
it adds the position.

Invariants:
1. No attribute of a Python object is ever read: `a.b` is a key, `a.b()` a listed operation.
2. The same variables give the same value: there is no clock, no randomness, no order of a set.
3. A result is JSON: no undefined, no NaN, no infinity, whole numbers that an expression makes
   within ±2^63, no iterator.
4. Evaluation never changes its variables; results may share parts with them.
5. Steps, items and bytes are paid for before they are taken; recursion is bounded by the levels
   of the tree and of values, so time, memory and the stack are bounded for hostile input too.
6. A message names kinds and keys, never values: a value may be a secret.
"""

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.checker import Context
from treadle.dag.expressions.errors import (
    ExpressionFailed,
    ExpressionInvalid,
    OutOfTime,
    SecretNotAllowed,
)
from treadle.dag.expressions.expression import Expression, compile_expression
from treadle.dag.expressions.template import Template, compile_template

__all__ = [
    "Budget",
    "Context",
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "OutOfTime",
    "SecretNotAllowed",
    "Template",
    "compile_expression",
    "compile_template",
]
