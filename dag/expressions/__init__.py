"""Expressions: Jinja's syntax, our own evaluator, and a bound on whatever is written.

    source ── lexing, parsing ──▶ Jinja's tree ── check ──▶ our tree ── compile ──▶ closures
              (length, nesting)                  (lists)               (once per version)

A workflow's author writes expressions; strangers supply the data they meet. So two things are kept
apart. *What may be said* is settled at validation, against lists: node classes (`check`), names,
node ids and secrets (`checker`, `syntax`), filters, tests, methods and functions (`calls`, `forms`
and their registries). *What it may cost* is settled at evaluation, by a `Budget` that is charged
before anything is made.

Who decides what: `lexing` and `parsing` protect Jinja's recursive parser, the only part of Jinja
that ever runs. `tree` is everything an expression can consist of. `operators`, `measures` and
`texts` define what values mean and pay for what they do; filters, tests and methods are plain
functions over them (`operations`), whose Python signature is their signature in the language.
`compile` chooses between a strict and a lenient reading of each node, so `default` and
`is defined` are the only places that see what is not there. `template` finds expressions in the
strings of a stored definition, and nowhere else. `reference` writes the tables of
docs/expressions.md.

Failure: `ExpressionInvalid` before, `ExpressionFailed` while it runs; nothing else is raised,
whatever the source and whatever JSON it meets. Inside, a `Fault` says what is wrong and the
closure around it says where.

Invariants:
1. No attribute of a Python object is ever read: `a.b` is a key, `a.b()` a listed operation.
2. The same variables give the same value: there is no clock, no randomness, no order of a set.
3. A result is JSON: no undefined, no NaN, no infinity, whole numbers that an expression makes
   within ±2^63, no iterator.
4. Evaluation never changes its variables; results may share parts with them.
5. Steps, items and bytes are paid for before they are taken; recursion is bounded by the levels
   of the tree and of values, so neither time, memory nor the stack depends on good will.
6. A message names kinds and keys, never values: a value may be a secret.
"""

from treadle.dag.expressions.budget import Budget
from treadle.dag.expressions.checker import Context
from treadle.dag.expressions.errors import ExpressionFailed, ExpressionInvalid, SecretNotAllowed
from treadle.dag.expressions.expression import Expression, compile_expression
from treadle.dag.expressions.template import Template, compile_template

__all__ = [
    "Budget",
    "Context",
    "Expression",
    "ExpressionFailed",
    "ExpressionInvalid",
    "SecretNotAllowed",
    "Template",
    "compile_expression",
    "compile_template",
]
