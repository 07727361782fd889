"""A connection's conversion in Python: a proposal, made from its syntax; it never runs."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from treadle.importing.javascript.tree import Untranslatable
from treadle.importing.texts import key_path, value_of

#: Characters of a conversion that are read.
_LONGEST = 4_000
_DEEPEST = 30
_FUNCTIONS = {
    "str": "string",
    "int": "int",
    "float": "float",
    "len": "length",
    "sum": "sum",
    "min": "min",
    "max": "max",
    "abs": "abs",
    "list": "list",
    "sorted": "sort",
}
_METHODS = {"lower", "upper", "strip", "title", "split", "replace", "startswith", "endswith",
            "keys", "values", "items"}  # fmt: skip
_COMPARE: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip
_BINARY: Mapping[type[ast.operator], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
}  # fmt: skip


def proposed(source: str, root: str) -> str:
    """Return an expression that probably does what a conversion does.

    Args:
        source: the function, or a lambda.
        root: what its argument is here.

    Raises:
        Untranslatable: none is found.
    """
    if len(source) > _LONGEST:
        raise Untranslatable("it is long")
    try:
        tree = ast.parse(source.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Untranslatable("it is no Python") from None
    match tree.body:
        case [
            ast.FunctionDef(args=arguments, body=[*firsts, ast.Return(value=ast.expr() as value)])
        ]:
            names = {each.arg: root for each in arguments.args[:1]}
        case [ast.Expr(value=ast.Lambda(args=arguments, body=value))]:
            names, firsts = {each.arg: root for each in arguments.args[:1]}, []
        case _:
            raise Untranslatable("it is no function that returns one value")
    for statement in firsts:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Import(names=[ast.alias("json")]):
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=given):
                names[name] = f"({_Proposal(names).of(given)})"
            case _:
                raise Untranslatable("it has statements")
    return _Proposal(names).of(value)


class _Proposal:
    """Writes one expression of Python."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._depth = 0

    def of(self, tree: ast.expr) -> str:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise Untranslatable("it is nested too deeply")
        try:
            return self._write(tree)
        finally:
            self._depth -= 1

    def _write(self, tree: ast.expr) -> str:  # noqa: PLR0911, PLR0912 - one for each form
        match tree:
            case ast.Constant(value=str() | int() | float() | bool() | None as value):
                return value_of(value)
            case ast.Name(id=name) if name in self._names:
                return self._names[name]
            case ast.Dict(keys=keys, values=values) if all(
                isinstance(each, ast.Constant) and isinstance(each.value, str) for each in keys
            ):
                pairs = zip(keys, values, strict=True)
                return (
                    "{"
                    + ", ".join(
                        f"{value_of(key.value)}: {self.of(value)}"
                        for key, value in pairs
                        if isinstance(key, ast.Constant)
                    )
                    + "}"
                )
            case ast.List(elts=items):
                return f"[{', '.join(self.of(each) for each in items)}]"
            case ast.Subscript(value=subject, slice=ast.Constant(value=str(key))):
                return key_path(self.of(subject), key)
            case ast.Subscript(value=subject, slice=ast.Constant(value=int(index))):
                return f"{self.of(subject)}[{index}]"
            case ast.JoinedStr(values=parts):
                return " ~ ".join(["''", *(self._part(each) for each in parts)])
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return f"({self.of(body)} if {self.of(test)} else {self.of(otherwise)})"
            case ast.BoolOp(op=sign, values=values):
                word = " and " if isinstance(sign, ast.And) else " or "
                return f"({word.join(self.of(each) for each in values)})"
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return f"(not {self.of(operand)})"
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _COMPARE:
                return f"({self.of(left)} {_COMPARE[type(sign)]} {self.of(right)})"
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _BINARY:
                return f"({self.of(left)} {_BINARY[type(sign)]} {self.of(right)})"
            case ast.Call():
                return self._call(tree)
        raise Untranslatable(f"`{ast.unparse(tree)[:60]}` has no equivalent")

    def _call(self, tree: ast.Call) -> str:
        if tree.keywords:
            raise Untranslatable("a call names its arguments")
        match tree.func, tree.args:
            case ast.Attribute(value=subject, attr="get"), [ast.Constant(value=str(key)), *rest]:
                default = self.of(rest[0]) if rest else "none"
                return f"({key_path(self.of(subject), key)} | default({default}))"
            case ast.Attribute(value=subject, attr=name), arguments if name in _METHODS:
                return f"{self.of(subject)}.{name}({', '.join(map(self.of, arguments))})"
            case ast.Attribute(value=subject, attr="join"), [items]:
                return f"({self.of(items)} | join({self.of(subject)}))"
            case ast.Attribute(value=ast.Name(id="json"), attr="dumps"), [value]:
                return f"({self.of(value)} | to_json)"
            case ast.Attribute(value=ast.Name(id="json"), attr="loads"), [value]:
                return f"({self.of(value)} | from_json)"
            case ast.Name(id=name), [value] if name in _FUNCTIONS:
                return f"({self.of(value)} | {_FUNCTIONS[name]})"
        raise Untranslatable(f"`{ast.unparse(tree)[:60]}` has no equivalent")

    def _part(self, tree: ast.expr) -> str:
        match tree:
            case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
                return f"({self.of(value)})"
            case ast.FormattedValue():
                raise Untranslatable("a format has no equivalent")
        return self.of(tree)
