"""Mutants of a reference solution, one change each, from its syntax tree. Only makes texts; `kills` runs them.

Left alone: docstrings and other texts, imports, what is raised, annotations, decorators, and the defaults of helpers
that every call overrides.
"""

from __future__ import annotations

import ast
import copy
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from harness import spec


@dataclass(frozen=True)
class Mutant:
    """One change: in which function ('Adam.step'; '' outside any), the statement's text (a head's, of a block), the new source."""

    function: str
    line: int
    before: str
    after: str
    source_text: str

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.function, self.before, self.after

    def paste(self) -> str:
        """The line of `Exercise.equivalent` that would list it; the reason is still to be written."""
        return f'Equivalent({", ".join(json.dumps(text, ensure_ascii=False) for text in self.identity)}, ""),'


def identity(listed: spec.Equivalent) -> tuple[str, str, str]:
    return listed.function, listed.before, listed.after


def mutants(source: str, parts: Collection[str] = ()) -> list[Mutant]:
    """Every mutant of that source, in its order. `parts` are what the judge calls, so that their defaults are in use."""
    maker = _Maker(source, parts)
    maker.visit(maker.tree, "", None)
    return maker.found


_OPERATORS: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,), ast.Pow: (ast.Mult,), ast.MatMult: (ast.Mult,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}  # fmt: skip
_PAIRS = ("min", "max"), ("minimum", "maximum"), ("amin", "amax"), ("sum", "mean"), ("argmin", "argmax")
_NAMES = dict(_PAIRS) | {b: a for a, b in _PAIRS}
_DROPPED = {"exp", "log", "log2", "log1p", "expm1", "sqrt", "abs"}
_SYMMETRIC = {*_NAMES, "hypot", "logaddexp", "add", "multiply", "equal", "result_type", "array_namespace"}
_PASSED_OVER = ast.Raise, ast.Import, ast.ImportFrom, ast.JoinedStr
_NOT_CODE = {"annotation", "returns", "decorator_list", "type_params"}
_BLOCKS = ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef


class _Maker:
    """Walks the tree, makes each change in place, writes the text down, and takes the change back."""

    def __init__(self, source: str, parts: Collection[str]) -> None:
        self.tree = ast.parse(source)
        self.found: list[Mutant] = []
        self._seen = {ast.unparse(self.tree)}
        self._unused = _unused_defaults(self.tree, parts)

    def visit(self, node: ast.AST, function: str, statement: ast.stmt | None) -> None:
        for field, index, child in _slots(node):
            if field in _NOT_CODE or isinstance(child, _PASSED_OVER) or id(child) in self._unused:
                continue
            inner = f"{function}.{child.name}".lstrip(".") if isinstance(child, _BLOCKS) else function
            within = child if isinstance(child, ast.stmt) else statement
            special = _in_its_place(node, field, child)
            for new in _changes(node, child) if special is None else special:
                self._record(node, (field, index, new), inner, within)
            if special is None or _integer(child) is None:
                self.visit(child, inner, within)

    def _record(self, node: ast.AST, change: tuple[str, int | None, ast.AST], function: str, within: Any) -> None:
        field, index, new = change
        before = _head(within)
        old = _put(node, field, index, new)
        after, text = _head(new if old is within else within), ast.unparse(self.tree)
        _put(node, field, index, old)
        if text not in self._seen:
            self._seen.add(text)
            self.found.append(Mutant(function, within.lineno, before, after, text + "\n"))


def _slots(node: ast.AST) -> Iterator[tuple[str, int | None, ast.AST]]:
    """Every child with its place: the field, and the index where that is a list."""
    for field, value in ast.iter_fields(node):
        if isinstance(value, ast.AST):
            yield field, None, value
        elif isinstance(value, list):
            yield from ((field, index, one) for index, one in enumerate(value) if isinstance(one, ast.AST))


def _put(node: ast.AST, field: str, index: int | None, new: ast.AST) -> ast.AST:
    """Put `new` into that place; what was there."""
    old: ast.AST = getattr(node, field) if index is None else getattr(node, field)[index]
    if index is None:
        setattr(node, field, new)
    else:
        getattr(node, field)[index] = new
    return old


def _head(statement: Any) -> str:
    """A statement's text; of a block its head alone."""
    if not hasattr(statement, "body"):
        return ast.unparse(statement)
    alone = copy.copy(statement)
    alone.body, alone.decorator_list = [ast.Pass()], []
    for rest in ("orelse", "finalbody", "handlers"):
        if hasattr(alone, rest):
            setattr(alone, rest, [])
    return ast.unparse(alone).rsplit("\n", 1)[0].strip() if not isinstance(alone, ast.Try) else "try:"


def _changes(parent: ast.AST, child: ast.AST) -> Iterator[ast.AST]:
    """What may stand in a child's place, by the rules that hold everywhere."""
    if type(child) in _OPERATORS:
        yield from (new() for new in _OPERATORS[type(child)] if not _of_text(parent))
    elif isinstance(child, ast.UnaryOp) and isinstance(child.op, (ast.USub, ast.Not)):
        yield child.operand
    elif isinstance(child, ast.Constant):
        yield from (ast.Constant(value) for value in _other_values(child.value))
    elif isinstance(child, ast.Call):
        yield from _other_calls(child)
    elif isinstance(child, ast.Name) and isinstance(parent, ast.Return):
        yield ast.UnaryOp(ast.USub(), child)
    elif _is_deletable(child):
        yield ast.Pass()


def _of_text(node: ast.AST) -> bool:
    """Is this + or % about texts?"""
    sides = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(isinstance(s, ast.JoinedStr) or isinstance(getattr(s, "value", None), (str, bytes)) for s in sides)


def _other_values(value: Any) -> Iterator[Any]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield 0 if value == 1 else value + 1
    elif isinstance(value, float):
        yield 2 * value or 1.0


def _is_deletable(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return all(isinstance(target, ast.Subscript) for target in node.targets)
    return isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))


def _other_calls(call: ast.Call) -> Iterator[ast.AST]:
    """Arguments swapped, keepdims dropped, min for max, and exp or log left out."""
    args, name = call.args, getattr(call.func, "attr", getattr(call.func, "id", ""))
    if len(args) == 2 and name not in _SYMMETRIC and not any(isinstance(a, ast.Starred) for a in args):
        yield ast.Call(call.func, args[::-1], call.keywords)
    if any(k.arg == "keepdims" for k in call.keywords):
        yield ast.Call(call.func, args, [k for k in call.keywords if k.arg != "keepdims"])
    if name in _NAMES and isinstance(call.func, ast.Attribute):
        yield ast.Call(ast.Attribute(call.func.value, _NAMES[name], ast.Load()), args, call.keywords)
    elif name in ("min", "max"):
        yield ast.Call(ast.Name(_NAMES[name], ast.Load()), args, call.keywords)
    if name in _DROPPED and len(args) <= 1 and not call.keywords:
        yield from args or ([call.func.value] if isinstance(call.func, ast.Attribute) else [])


def _in_its_place(parent: ast.AST, field: str, child: ast.AST) -> list[ast.AST] | None:
    """What may stand there instead where the place decides: an axis, keepdims, a bound of a slice or range. Else None."""
    number = _integer(child)
    if isinstance(parent, ast.keyword) and parent.arg in ("axis", "dim") and number is not None:
        return [_literal(0 if number else -1)]
    if isinstance(parent, ast.keyword) and parent.arg == "keepdims" and isinstance(child, ast.Constant):
        return []  # dropping it is the same
    if isinstance(parent, ast.keyword) and parent.arg == "copy" and getattr(child, "value", None) is False:
        return []  # one copy more is never wrong
    of_slice = isinstance(parent, ast.Slice) and field in ("lower", "upper")
    if not of_slice and not (isinstance(parent, ast.Call) and field == "args" and _is_range(parent.func)):
        return None
    if number is not None:
        return [_literal(number + 1), _literal(number - 1)]
    if isinstance(child, ast.BinOp) and isinstance(child.op, (ast.Add, ast.Sub)) and _integer(child.right) is not None:
        return None  # `n - 1` is changed by the other rules
    return [ast.BinOp(child, sign, ast.Constant(1)) for sign in (ast.Add(), ast.Sub())]  # type: ignore[arg-type]


def _is_range(function: ast.AST) -> bool:
    return isinstance(function, ast.Name) and function.id == "range"


def _integer(node: ast.AST) -> int | None:
    """The value of 3 or -3."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _integer(node.operand)
        return None if inner is None else -inner
    plain = isinstance(node, ast.Constant) and type(node.value) is int
    return node.value if plain else None  # type: ignore[attr-defined]


def _literal(number: int) -> ast.expr:
    return ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))


def _unused_defaults(tree: ast.Module, parts: Collection[str]) -> set[int]:
    """The ids of default values that no call in the file falls back on; a part's are the judge's to use."""
    calls: dict[str, list[ast.Call]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            calls.setdefault(node.func.id, []).append(node)
    helpers = [f for f in tree.body if isinstance(f, ast.FunctionDef) and f.name not in parts and f.name in calls]
    return {
        id(default)
        for helper in helpers
        for place, name, default in _defaults(helper.args)
        if all(_gives(call, place, name) for call in calls[helper.name])
    }


def _defaults(arguments: ast.arguments) -> Iterator[tuple[int, str, ast.expr]]:
    """(position, name, default) of every argument that has one; those by keyword alone are beyond any position."""
    named = [*arguments.posonlyargs, *arguments.args]
    start = len(named) - len(arguments.defaults)
    yield from ((start + i, named[start + i].arg, default) for i, default in enumerate(arguments.defaults))
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    yield from ((10**6, argument.arg, default) for argument, default in pairs if default is not None)


def _gives(call: ast.Call, place: int, name: str) -> bool:
    """Does this call surely pass that argument?"""
    starred = any(isinstance(argument, ast.Starred) for argument in call.args)
    return any(k.arg == name for k in call.keywords) or (len(call.args) > place and not starred)
