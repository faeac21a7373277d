"""Submissions that are the same but for names, comments and layout, by their normalised syntax tree. Accuses nobody.

Names are numbered in the order in which they appear, docstrings and annotations left out. Two short right answers may be
alike by nature, so a person decides; what is like a shipped solution is told as that.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Mapping, Sequence

from harness.cohort.results import Result

MOST_CHARACTERS = 200_000  # of one file: a tree takes a thousand times the memory of its text


def fingerprint(files: Iterable[str]) -> str:
    """A hash of the normalised trees of the files; '' where one does not parse, or is too long to be an answer."""
    shapes = []
    for text in files:
        if len(text) > MOST_CHARACTERS:
            return ""
        try:
            shapes.append(_shape(ast.parse(text)))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return ""
    return hashlib.sha256("\n".join(sorted(shapes)).encode()).hexdigest()


def groups(results: Sequence[Result], sources: Mapping[tuple[str, str], Sequence[str]]) -> list[list[Result]]:
    """Results of different learners with one fingerprint in the same exercise, largest group first."""
    found: dict[tuple[str, str], list[Result]] = {}
    for result in results:
        mark = fingerprint(sources.get(result.key, ()))
        if mark and sources.get(result.key):
            found.setdefault((result.exercise, mark), []).append(result)
    several = [one for one in found.values() if len({r.learner for r in one}) > 1]
    return sorted(several, key=lambda one: (-len(one), one[0].key))


def _shape(tree: ast.AST) -> str:
    names: dict[str, str] = {}
    return ast.dump(_Normalised(names).visit(tree), annotate_fields=False)


class _Normalised(ast.NodeTransformer):
    """Numbers the names that the file gives to things; attributes of libraries keep theirs."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def _numbered(self, name: str) -> str:
        return self.names.setdefault(name, f"n{len(self.names)}")

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.copy_location(ast.Name(self._numbered(node.id), node.ctx), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._numbered(node.arg))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name, node.returns = self._numbered(node.name), None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
        return self.generic_visit(node)

    def visit_Module(self, node: ast.Module) -> ast.AST:
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        return self.generic_visit(node)

    def visit_alias(self, node: ast.alias) -> ast.AST:
        return ast.alias(node.name, self._numbered(node.asname or node.name.split(".")[0]))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is None:
            return ast.Pass()
        return self.generic_visit(ast.Assign([node.target], node.value))
