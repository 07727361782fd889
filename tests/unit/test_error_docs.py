"""docs/errors.md is written from the errors, and no reason in the code is missing on it."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import treadle
from treadle.core.errors import TreadleError

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text("utf-8")
PROBLEMS = tomllib.loads((ROOT / "docs" / "problems.toml").read_text("utf-8"))
HEADINGS = re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)

#: Reasons of other things than errors and problems.
NOT_ERRORS = {
    "say_one": "the request's model; a problem of it has the reason `wrong_type`",
    "version_of_nothing": "the request's model; a problem of it has the reason `wrong_type`",
}
#: Reasons with more than one cause, by design: a program reacts to all of them in the same way.
SEVERAL = {
    "answer_malformed": "a model's answer, to a node and to the planner",
    "cluster_unreachable": "from a command, and from a client without a gateway",
    "expression_invalid": "an expression by itself, and the nodes that it reads",
    "internal_error": "a defect, in the gateway and in a worker",
    "not_json": "a request's body, and a workflow",
    "number_out_of_range": "what a node calculates, and what a document contains",
    "output_not_storable": "what a node returns, and what a person answers",
    "payload_too_large": "results that are read, and rows that a join makes",
    "plan_not_ready": "over HTTP, and on the command line",
    "task_failed": "with a retry, and without one",
}

#: Calls that are given a reason, and its position among their arguments.
CALLS = {"Problem": 1, "Fix": 1, "_problem": 1, "Unreadable": 0, "PydanticCustomError": 0}


@pytest.fixture
def generator(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return docs/errors.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("docs_errors", ROOT / "docs" / "errors.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    return module


def trees() -> Iterator[ast.Module]:
    """Yield the source of every module of the product."""
    for part in sorted(Path(treadle.__path__[0]).iterdir()):
        for path in [part] if part.suffix == ".py" else sorted(part.resolve().rglob("*.py")):
            yield ast.parse(path.read_text("utf-8"))


def reasons_in(tree: ast.AST) -> set[str]:
    """Return the reasons that a module names, as regular expressions."""
    return {each for node in ast.walk(tree) for value in given(node) for each in texts(value)}


def given(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a node of a tree sets or passes as a reason."""
    match node:
        case ast.AnnAssign(target=ast.Name(id="reason"), value=ast.expr() as value):
            yield value
        case ast.Assign(targets=[ast.Name(id="reason")], value=value):
            yield value
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "reason":
                    yield value
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args):
            yield from (each.value for each in node.keywords if each.arg == "reason")
            if name in CALLS and len(args) > CALLS[name]:
                yield args[CALLS[name]]


def texts(value: ast.expr) -> Iterator[str]:
    """Yield the texts that an expression may be."""
    match value:
        case ast.Constant(value=str(text)):
            yield text
        case ast.IfExp(body=body, orelse=orelse):
            yield from (*texts(body), *texts(orelse))
        case ast.JoinedStr(values=parts):
            yield "".join(
                str(each.value) if isinstance(each, ast.Constant) else r"\w+" for each in parts
            )


def test_the_page_of_errors_is_as_generated(generator: ModuleType) -> None:
    """docs/errors.md is what `python docs/errors.py` writes."""
    assert generator.markdown() == PAGE


def test_every_reason_in_the_code_has_its_heading() -> None:
    """A scan of the source finds no reason that the page does not have."""
    found = {reason for tree in trees() for reason in reasons_in(tree)}

    assert len(found) > 150
    missing = {
        each for each in found if not any(re.fullmatch(each, heading) for heading in HEADINGS)
    }
    assert missing == set(NOT_ERRORS)


def test_the_page_keeps_no_reason_that_left_the_code() -> None:
    """What docs/problems.toml describes is written in the code, literally or in parts."""
    patterns: set[str] = set()
    for tree in trees():
        patterns |= reasons_in(tree)
        patterns |= {
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value in PROBLEMS
        }

    for reason in PROBLEMS:
        assert any(re.fullmatch(pattern, reason) for pattern in patterns), reason


def test_every_reason_stands_once_and_has_several_causes_only_by_design() -> None:
    """A link `errors.md#reason` leads to one place."""
    sections = re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    several = {reason for reason, text in sections if text.count("**Solution:**") > 1}

    assert [each for each, count in Counter(HEADINGS).items() if count > 1] == []
    assert several == set(SEVERAL)


def test_every_error_says_what_to_do(generator: ModuleType) -> None:
    """Only a defect may be answered with the request to report it."""
    for each in generator.errors():
        assert each.__doc__, each
        assert each.solution != TreadleError.solution or each.reason == "internal_error", each


@pytest.mark.parametrize(
    "source",
    [
        'class New(TreadleError):\n    reason: ClassVar[str] = "brand_new"',
        'class New(TreadleError):\n    reason = "brand_new"',
        'Problem(path, "brand_new", message, solution)',
        'problem = {"path": path, "reason": "brand_new"}',
        'error(message, reason="brand_new")',
    ],
)
def test_the_scan_finds_a_new_reason(source: str) -> None:
    """However it is written: whoever adds one writes the page anew."""
    assert reasons_in(ast.parse(source)) == {"brand_new"}
