"""Expressions: Jinja's syntax over our own evaluator."""

from dag.expressions.budget import Budget
from dag.expressions.checker import Context
from dag.expressions.errors import ExpressionFailed, ExpressionInvalid, SecretNotAllowed
from dag.expressions.expression import Expression, compile_expression
from dag.expressions.template import Template, compile_template

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
